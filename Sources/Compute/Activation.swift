import CKernels

/// What stands between the two products of a feed-forward layer.
package enum Activation: Sendable, Hashable {
  /// `silu(gate) · up`: Shazeer, GLU Variants Improve Transformer (arXiv 2002.05202).
  case gatedSiLU
  /// `gelu(gate) · up`, with gelu by its tanh formula (arXiv 1606.08415).
  case gatedGELU
  /// `gelu(x)`, by its tanh formula.
  case gelu

  /// How many rows of its input one output takes: 2 with a gate, 1 without.
  package var inputsPerOutput: Int { self == .gelu ? 1 : 2 }
}

extension ComputeContext {
  /// An activation of each row; `y` `[rows, width]`.
  /// - Parameter x: `[rows, width]`, or with a gate `[rows, 2 · width]`: gate, then up.
  package func activate(_ x: Matrix, _ activation: Activation, into y: inout Matrix) {
    precondition(x.rows == y.rows && x.columns == activation.inputsPerOutput * y.columns, "shapes differ")
    let rows = y.rows, width = y.columns, columns = x.columns
    withPointers(x, &y) { x, y in
      forEachRow(rows) { row in
        let input = x + row * columns, output = y + row * width
        switch activation {
        case .gatedSiLU: kernels.functions.gated_silu(input, input + width, width, output)
        case .gatedGELU: kernels.functions.gated_gelu(input, input + width, width, output)
        case .gelu: kernels.functions.gelu(input, width, output)
        }
      }
    }
  }

  /// The gradient of ``activate(_:_:into:)``: `dy` `[rows, width]`, `x` and the result as its input.
  package func activationGradient(of dy: Matrix, at x: Matrix, _ activation: Activation, into dx: inout Matrix) {
    precondition(x.rows == dy.rows && x.columns == activation.inputsPerOutput * dy.columns, "shapes differ")
    precondition(dx.rows == x.rows && dx.columns == x.columns, "shapes differ")
    let rows = dy.rows, width = dy.columns, columns = x.columns
    withPointers(x, &dx) { x, dx in
      dy.values.withUnsafeBufferPointer { dy in
        guard let dy = dy.baseAddress else { return }
        forEachRow(rows) { row in
          let input = x + row * columns, given = dy + row * width, result = dx + row * columns
          switch activation {
          case .gatedSiLU:
            kernels.functions.gated_silu_gradient(input, input + width, given, width, result, result + width)
          case .gatedGELU:
            kernels.functions.gated_gelu_gradient(input, input + width, given, width, result, result + width)
          case .gelu: kernels.functions.gelu_gradient(input, given, width, result)
          }
        }
      }
    }
  }

  /// `x = cap · tanh(x / cap)`, in place: Gemma 2 (arXiv 2408.00118), section 2.
  package func softCap(_ x: inout Matrix, at cap: Float) {
    let rows = x.rows, width = x.columns
    x.values.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      forEachRow(rows) { row in kernels.functions.soft_cap(x + row * width, cap, width) }
    }
  }

  /// Replaces the gradient to what ``softCap(_:at:)`` gave, `y`, by that to what it got; both `[rows, width]`.
  package func replaceBySoftCapGradient(_ dy: inout Matrix, at y: Matrix, cap: Float) {
    precondition(y.rows == dy.rows && y.columns == dy.columns, "shapes differ")
    let rows = y.rows, width = y.columns
    withPointers(y, &dy) { y, dy in
      forEachRow(rows) { row in kernels.functions.soft_cap_gradient(y + row * width, cap, width, dy + row * width) }
    }
  }
}
