import CKernels

extension ComputeContext {
  /// ``multiply(_:by:into:)`` with rounded factors, ``Precision/bfloat16``.
  func multiplyRounded(
    _ x: UnsafePointer<Float>, inputs: Int, rows: Int, by weights: UnsafePointer<antipode_weights>, outputs: [Int],
    into y: UnsafeMutablePointer<Float>
  ) {
    let rowBytes = kernels.functions.rounded_bytes(inputs), width = outputs.reduce(0, +)
    withRounded(rows: rows, rowBytes: rowBytes) { rounded in
      forEachRow(rows) { row in kernels.functions.round_row(x + row * inputs, inputs, rounded + row * rowBytes) }
      forEachTile(ofOutputs: outputs, rows: rows) { first, rows, matrix, column, tile, tiles in
        kernels.functions.rounded_product(
          weights + matrix, tile, tiles, rounded + first * rowBytes, rows, y + first * width + column, width)
      }
    }
  }

  /// ``addGradient(of:through:to:)`` with rounded factors.
  func addRoundedGradient(
    of dy: UnsafePointer<Float>, rows: Int, through weights: UnsafePointer<antipode_weights>, outputs: [Int],
    adds: Bool, to dx: UnsafeMutablePointer<Float>, inputs: Int
  ) {
    // Each matrix's columns are rounded by themselves: pairs do not reach across.
    let sections = outputs.map { kernels.functions.rounded_bytes($0) }
    let rowBytes = sections.reduce(0, +), width = outputs.reduce(0, +)
    withRounded(rows: rows, rowBytes: rowBytes) { rounded in
      forEachRow(rows) { row in
        var column = 0, offset = 0
        for (count, bytes) in zip(outputs, sections) {
          kernels.functions.round_row(dy + row * width + column, count, rounded + row * rowBytes + offset)
          column += count
          offset += bytes
        }
      }
      forEachTile(ofInputs: inputs, rows: rows) { first, rows, tile in
        var offset = first * rowBytes
        for (matrix, bytes) in sections.enumerated() {
          kernels.functions.rounded_transposed_product(
            weights + matrix, tile, rounded + offset, rowBytes, rows, dx + first * inputs, inputs,
            adds || matrix > 0)
          offset += bytes
        }
      }
    }
  }

  private func withRounded(rows: Int, rowBytes: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
    let rounded = UnsafeMutableRawPointer.allocate(byteCount: max(1, rows * rowBytes), alignment: 64)
    defer { rounded.deallocate() }
    body(rounded)
  }
}
