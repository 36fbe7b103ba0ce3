import CKernels

/// How the numbers of a weight matrix are stored. Blocks hold 32 numbers of one row.
///
/// Source of the block formats: the GGUF specification and ggml's `ggml-common.h`.
public enum WeightFormat: Sendable, CaseIterable {
  /// 32-bit floats.
  case float32
  /// 16-bit IEEE floats.
  case float16
  /// 16-bit brain floats.
  case bfloat16
  /// 4 bits and a scale a block: `(q − 8) · d`.
  case q4_0
  /// 4 bits, a scale and a minimum a block: `q · d + m`.
  case q4_1
  /// 8 bits and a scale a block: `q · d`.
  case q8_0

  /// Bytes that one row of `columns` numbers takes in a file, or nil where the format's blocks do not fit the row.
  public func rowBytes(columns: Int) -> Int? {
    switch self {
    case .float32: columns * 4
    case .float16, .bfloat16: columns * 2
    case .q4_0: columns % 32 == 0 ? columns / 32 * 18 : nil
    case .q4_1: columns % 32 == 0 ? columns / 32 * 20 : nil
    case .q8_0: columns % 32 == 0 ? columns / 32 * 34 : nil
    }
  }

  var kernelFormat: antipode_format {
    switch self {
    case .float32: ANTIPODE_F32
    case .float16: ANTIPODE_F16
    case .bfloat16: ANTIPODE_BF16
    case .q4_0: ANTIPODE_Q4_0
    case .q4_1: ANTIPODE_Q4_1
    case .q8_0: ANTIPODE_Q8_0
    }
  }
}

/// A constant weight matrix `[outputs, inputs]`, kept in the format of its file and laid out for the kernels: panels of 16
/// rows side by side, so that a vector lane holds one output.
public struct WeightMatrix: Sendable {
  /// Rows of the matrix: the width of what a product with it gives.
  public let outputs: Int
  /// Columns of the matrix: the width of what it is multiplied with.
  public let inputs: Int
  /// The format of its numbers.
  public let format: WeightFormat
  private let storage: PanelStorage

  /// Lays out a row-major matrix `[outputs, inputs]`; nil where `bytes` are not as many as the shape asks for.
  public init?(
    _ bytes: UnsafeRawBufferPointer, outputs: Int, inputs: Int, format: WeightFormat, on pool: ThreadPool
  ) {
    guard outputs > 0, inputs > 0, let rowBytes = format.rowBytes(columns: inputs),
      bytes.count == outputs * rowBytes, let base = bytes.baseAddress
    else { return nil }
    self.outputs = outputs
    self.inputs = inputs
    self.format = format
    let panels = (outputs + 15) / 16
    let panelBytes = (inputs + 31) / 32 * antipode_block_bytes(format.kernelFormat)
    let storage = PanelStorage(byteCount: panels * panelBytes)
    let destination = storage.bytes
    let source = base.assumingMemoryBound(to: UInt8.self)
    pool.run(panels) { panel in
      antipode_pack_panel(
        format.kernelFormat, outputs, inputs, source, panel, destination + panel * panelBytes)
    }
    self.storage = storage
  }

  /// Calls `body` with the description that the kernels read.
  func withKernelWeights<Result>(_ body: (UnsafePointer<antipode_weights>) -> Result) -> Result {
    var weights = antipode_weights(
      format: format.kernelFormat, outputs: outputs, inputs: inputs, panels: UnsafePointer(storage.bytes))
    return withExtendedLifetime(storage) { withUnsafePointer(to: &weights, body) }
  }
}

/// The bytes of a weight matrix's panels, on a cache line's boundary.
///
/// `@unchecked Sendable`: written before it is shared, only read afterwards.
private final class PanelStorage: @unchecked Sendable {
  let bytes: UnsafeMutablePointer<UInt8>

  init(byteCount: Int) {
    bytes = UnsafeMutableRawPointer.allocate(byteCount: max(byteCount, 1), alignment: 64)
      .bindMemory(to: UInt8.self, capacity: max(byteCount, 1))
  }

  deinit { bytes.deallocate() }
}
