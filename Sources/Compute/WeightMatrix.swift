import CKernels

/// A constant weight matrix `[outputs, inputs]`, kept in the format of its file and laid out for the kernels: panels of
/// 16 rows side by side, so that a vector lane holds one output.
///
/// `@unchecked Sendable`: its bytes are written before it is shared, only read afterwards.
package struct WeightMatrix: @unchecked Sendable {
  /// Rows of the matrix: the width of what a product with it gives.
  package let outputs: Int
  /// Columns of the matrix: the width of what it is multiplied with.
  package let inputs: Int
  /// The format of its numbers.
  package let format: WeightFormat
  private let bytes: UnsafeMutablePointer<UInt8>
  private let memory: WeightMemory

  /// Lays out a row-major matrix of some rows and `inputs` columns.
  /// - Parameters:
  ///   - bytes: The matrix as the file holds it.
  ///   - outputs: How many rows it has.
  ///   - memory: Where it is laid out, beside a model's other matrices.
  ///   - rows: The rows to take, in this order, where they are not all of them as they stand; `[outputs]` of what is
  ///     made.
  /// - Returns: nil where `bytes` are not as many as the shape asks for, or a row is none of the matrix's.
  package init?(
    _ bytes: UnsafeRawBufferPointer, outputs: Int, inputs: Int, format: WeightFormat, rows: [Int]? = nil,
    in memory: WeightMemory = WeightMemory(pieceBytes: 0), on pool: ThreadPool
  ) {
    guard outputs > 0, inputs > 0, let rowBytes = format.rowBytes(columns: inputs),
      bytes.count == outputs * rowBytes, let base = bytes.baseAddress,
      rows?.allSatisfy({ 0..<outputs ~= $0 }) ?? true
    else { return nil }
    let count = rows?.count ?? outputs
    self.outputs = count
    self.inputs = inputs
    self.format = format
    let panels = (count + 15) / 16
    let panelBytes = antipode_panel_bytes(format.kernelFormat, inputs)
    let destination = memory.allocate(panels * panelBytes)
    let source = base.assumingMemoryBound(to: UInt8.self)
    pool.run(panels) { panel in
      withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: 16) { pointers in
        for lane in 0..<16 {
          let output = panel * 16 + lane
          pointers[lane] = output < count ? source + (rows?[output] ?? output) * rowBytes : nil
        }
        antipode_pack_panel(format.kernelFormat, inputs, pointers.baseAddress, destination + panel * panelBytes)
      }
    }
    self.bytes = destination
    self.memory = memory
  }

  /// What the kernels read; good for as long as the matrix lives.
  var description: antipode_weights {
    antipode_weights(format: format.kernelFormat, outputs: outputs, inputs: inputs, panels: UnsafePointer(bytes))
  }
}
