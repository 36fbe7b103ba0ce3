import CKernels

extension ComputeContext {
  /// ``multiply(_:by:into:)`` with rows rounded to bfloat16 or, with ``Precision/int8`` and for quantized weights, to
  /// 8-bit integers.
  func multiplyRounded(
    _ x: UnsafePointer<Float>, inputs: Int, rows: Int, by weights: UnsafeBufferPointer<antipode_weights>,
    into y: UnsafeMutablePointer<Float>, width: Int
  ) {
    let takesIntegers = precision == .int8, functions = kernels.functions
    func isInteger(_ matrix: antipode_weights) -> Bool { takesIntegers && antipode_is_quantized(matrix.format) }
    let integerBytes = weights.contains(where: isInteger) ? functions.quantized_bytes(inputs) : 0
    let roundedBytes = weights.allSatisfy(isInteger) ? 0 : functions.rounded_bytes(inputs)
    withRounded(rows: rows, rowBytes: integerBytes + roundedBytes) { integers in
      let rounded = integers + rows * integerBytes
      forEachRow(rows) { row in
        if integerBytes > 0 { functions.quantize_row(x + row * inputs, inputs, integers + row * integerBytes) }
        if roundedBytes > 0 { functions.round_row(x + row * inputs, inputs, rounded + row * roundedBytes) }
      }
      forEachTile(of: weights, rows: rows) { first, rows, matrix, column, tile, tiles in
        let y = y + first * width + column
        if isInteger(matrix.pointee) {
          functions.quantized_product(matrix, tile, tiles, integers + first * integerBytes, rows, y, width)
        } else {
          functions.rounded_product(matrix, tile, tiles, rounded + first * roundedBytes, rows, y, width)
        }
      }
    }
  }

  /// ``addGradient(of:through:to:)`` with rounded factors; `dy` `[rows, width]`.
  func addRoundedGradient(
    of dy: UnsafePointer<Float>, width: Int, rows: Int, through weights: UnsafeBufferPointer<antipode_weights>,
    adds: Bool, to dx: UnsafeMutablePointer<Float>, inputs: Int
  ) {
    // Each matrix's columns are rounded by themselves: pairs do not reach across.
    let rowBytes = weights.reduce(0) { $0 + kernels.functions.rounded_bytes($1.outputs) }
    withRounded(rows: rows, rowBytes: rowBytes) { rounded in
      forEachRow(rows) { row in
        var column = row * width, offset = row * rowBytes
        for matrix in weights {
          kernels.functions.round_row(dy + column, matrix.outputs, rounded + offset)
          column += matrix.outputs
          offset += kernels.functions.rounded_bytes(matrix.outputs)
        }
      }
      forEachTile(ofInputs: inputs, rows: rows) { first, rows, tile in
        var offset = first * rowBytes
        for (index, var matrix) in weights.enumerated() {
          kernels.functions.rounded_transposed_product(
            &matrix, tile, rounded + offset, rowBytes, rows, dx + first * inputs, inputs, adds || index > 0)
          offset += kernels.functions.rounded_bytes(matrix.outputs)
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
