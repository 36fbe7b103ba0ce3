import CKernels

extension WeightMatrix {
  /// Matrices that stand side by side, transposed: `[inputs, Σ outputs]`. Their numbers are rounded to 8-bit integers with a
  /// scale for each block of 32 outputs (``WeightFormat/q8_0``), since a quantized matrix has its scales along its inputs.
  ///
  /// - Returns: nil where a matrix is not quantized, or the outputs are not whole blocks.
  public init?(transposing matrices: [WeightMatrix], on context: ComputeContext) {
    let outputs = matrices.reduce(0) { $0 + $1.outputs }
    guard let inputs = matrices.first?.inputs, matrices.allSatisfy({ $0.inputs == inputs && $0.format.isQuantized }),
      outputs % 32 == 0, let rowBytes = WeightFormat.q8_0.rowBytes(columns: outputs)
    else { return nil }
    let places = matrices.indices.flatMap { index in (0..<matrices[index].outputs).map { (index, $0) } }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: inputs * rowBytes, alignment: 64)
    defer { bytes.deallocate() }
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
    let blockBytes = rowBytes / (outputs / 32)
    context.pool.run(outputs / 32) { block in
      let rows = UnsafeMutablePointer<Float>.allocate(capacity: 32 * inputs)
      defer { rows.deallocate() }
      for row in 0..<32 {
        let (index, output) = places[block * 32 + row]
        var description = matrices[index].description
        context.kernels.functions.row(&description, output, rows + row * inputs)
      }
      antipode_quantize_columns(rows, inputs, base + block * blockBytes, rowBytes)
    }
    self.init(UnsafeRawBufferPointer(bytes), outputs: inputs, inputs: outputs, format: .q8_0, on: context.pool)
  }
}
