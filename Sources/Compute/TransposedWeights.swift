import CKernels

extension WeightMatrix {
  /// Matrices that stand side by side, transposed: `[inputs, Σ outputs]`. Their numbers are rounded to 8-bit integers
  /// with a scale for each block of 32 outputs (``WeightFormat/q8_0``), since a quantized matrix has its scales along
  /// its inputs.
  ///
  /// - Returns: nil where a matrix is not quantized, or its outputs are not whole panels, or all of them not whole
  ///   blocks.
  package init?(transposing matrices: [WeightMatrix], on context: ComputeContext) {
    let outputs = matrices.reduce(0) { $0 + $1.outputs }
    guard let inputs = matrices.first?.inputs,
      matrices.allSatisfy({ $0.inputs == inputs && $0.format.isQuantized && $0.outputs % 16 == 0 }),
      outputs % 32 == 0, let rowBytes = WeightFormat.q8_0.rowBytes(columns: outputs),
      let blockBytes = WeightFormat.q8_0.rowBytes(columns: 32)
    else { return nil }
    let panels = matrices.flatMap { matrix in
      let description = matrix.description, bytes = antipode_panel_bytes(description.format, inputs)
      return (0..<matrix.outputs / 16).map { (format: description.format, start: description.panels + $0 * bytes) }
    }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: inputs * rowBytes, alignment: 64)
    defer { bytes.deallocate() }
    guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return nil }
    withExtendedLifetime(matrices) {
      context.pool.run(outputs / 32) { block in
        let pair = [panels[2 * block], panels[2 * block + 1]]
        context.kernels.functions.quantize_columns(
          pair.map(\.format), pair.map(\.start), inputs, base + block * blockBytes, rowBytes)
      }
    }
    self.init(UnsafeRawBufferPointer(bytes), outputs: inputs, inputs: outputs, format: .q8_0, on: context.pool)
  }
}
