import CKernels

extension ComputeContext {
  /// `y[rows, Σ outputs] = x[rows, inputs] · Wᵀ` for one or more weight matrices, whose outputs stand side by side.
  ///
  /// Each output is one chain of fused multiply-adds over the inputs, in order (over blocks of 32 inputs with
  /// ``Precision/int8``): its bits depend on nothing but its row and its weights.
  package func multiply(_ x: Matrix, by weights: [WeightMatrix], into y: inout Matrix) {
    precondition(weights.allSatisfy { $0.inputs == x.columns }, "the inputs' width differs from the weights'")
    precondition(y.rows == x.rows && y.columns == weights.reduce(0) { $0 + $1.outputs }, "wrong shape of outputs")
    let rows = x.rows, inputs = x.columns, width = y.columns
    x.values.withUnsafeBufferPointer { x in
      y.values.withUnsafeMutableBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        withKernelWeights(of: weights) { weights in
          guard precision == .float32 else {
            return multiplyRounded(x, inputs: inputs, rows: rows, by: weights, into: y, width: width)
          }
          forEachTile(of: weights, rows: rows) { first, rows, weights, column, tile, tiles in
            kernels.functions.product(
              weights, tile, tiles, x + first * inputs, inputs, rows, y + first * width + column, width)
          }
        }
      }
    }
  }

  /// `y[rows, outputs] = x[rows, inputs] · Wᵀ`.
  package func multiply(_ x: Matrix, by weights: WeightMatrix, into y: inout Matrix) {
    multiply(x, by: [weights], into: &y)
  }

  /// `dx[rows, inputs] += Σ dy[rows, outputs of W] · W`: the gradient of ``multiply(_:by:into:)`` to its input.
  package func addGradient(of dy: Matrix, through weights: [WeightMatrix], to dx: inout Matrix) {
    gradient(of: dy, through: weights, adds: true, to: &dx)
  }

  /// The same in the place of what `dx` holds.
  package func gradient(of dy: Matrix, through weights: [WeightMatrix], into dx: inout Matrix) {
    gradient(of: dy, through: weights, adds: false, to: &dx)
  }

  private func gradient(of dy: Matrix, through weights: [WeightMatrix], adds: Bool, to dx: inout Matrix) {
    precondition(!weights.isEmpty, "a gradient goes through something")
    precondition(weights.allSatisfy { $0.inputs == dx.columns }, "the inputs' width differs from the weights'")
    precondition(dy.rows == dx.rows && dy.columns == weights.reduce(0) { $0 + $1.outputs }, "wrong shape of outputs")
    let rows = dx.rows, inputs = dx.columns, width = dy.columns
    dy.values.withUnsafeBufferPointer { dy in
      dx.values.withUnsafeMutableBufferPointer { dx in
        guard let dy = dy.baseAddress, let dx = dx.baseAddress else { return }
        withKernelWeights(of: weights) { weights in
          guard precision == .float32 else {
            return addRoundedGradient(
              of: dy, width: width, rows: rows, through: weights, adds: adds, to: dx, inputs: inputs)
          }
          forEachTile(ofInputs: inputs, rows: rows) { first, rows, tile in
            var column = first * width
            for (index, var matrix) in weights.enumerated() {
              kernels.functions.transposed_product(
                &matrix, tile, dy + column, width, rows, dx + first * inputs, inputs, adds || index > 0)
              column += matrix.outputs
            }
          }
        }
      }
    }
  }

  /// Some rows of a weight matrix as 32-bit floats, `[indices.count, inputs]`: the embeddings of tokens.
  package func gather(rows indices: [Int], of weights: WeightMatrix) -> Matrix {
    precondition(indices.allSatisfy { 0..<weights.outputs ~= $0 }, "a row that the weights do not have")
    var gathered = Matrix(rows: indices.count, columns: weights.inputs)
    gathered.values.withUnsafeMutableBufferPointer { gathered in
      guard let gathered = gathered.baseAddress else { return }
      withKernelWeights(of: [weights]) { description in
        forEachRow(indices.count) { row in
          kernels.functions.row(description.baseAddress, indices[row], gathered + row * weights.inputs)
        }
      }
    }
    return gathered
  }

  /// Rows are worked on in blocks that stay in a core's cache while all tiles pass by, of about the same size; rounded
  /// rows take half the place or less.
  /// - Returns: How many blocks there are.
  private func rowBlocks(_ rows: Int) -> Int {
    let most = precision == .float32 ? 256 : 512
    return (rows + most - 1) / most
  }

  private func rows(ofBlock block: Int, of blocks: Int, rows: Int) -> Range<Int> {
    block * rows / blocks..<(block + 1) * rows / blocks
  }

  /// Calls `body` with parts of the outputs of matrices that stand side by side, on all threads: the first row and how
  /// many, the matrix and its first column, and the first tile of 32 outputs in it and how many.
  ///
  /// One region for all matrices: small ones would leave threads idle at each one's end. A thread takes runs of
  /// neighbours, since each tile's weights are fetched while the one before is worked on: one run of few rows, whose
  /// tiles take less than a microsecond; some of many, so that a thread that is held up leaves its share to the others.
  func forEachTile(
    of weights: UnsafeBufferPointer<antipode_weights>, rows: Int,
    _ body: (Int, Int, UnsafePointer<antipode_weights>, Int, Int, Int) -> Void
  ) {
    guard let first = weights.baseAddress else { return }
    let count = weights.reduce(0) { $0 + $1.tiles }, blocks = rowBlocks(rows)
    let runs = rows > 64 ? 4 * pool.threads : pool.threads
    let together = max(rows > 4 ? 1 : 3, (count + runs - 1) / runs)
    let parts = (count + together - 1) / together
    pool.run(blocks * parts) { index in
      let part = index % parts, range = self.rows(ofBlock: index / parts, of: blocks, rows: rows)
      var tile = part * together, left = min(together, count - tile), matrix = first, column = 0
      while left > 0 {
        while tile >= matrix.pointee.tiles {
          tile -= matrix.pointee.tiles
          column += matrix.pointee.outputs
          matrix += 1
        }
        let step = min(left, matrix.pointee.tiles - tile)
        body(range.lowerBound, range.count, matrix, column, tile, step)
        tile += step
        left -= step
      }
    }
  }

  /// Calls `body` with the first row and how many, and a tile of 32 inputs, on all threads.
  func forEachTile(ofInputs inputs: Int, rows: Int, _ body: (Int, Int, Int) -> Void) {
    let tiles = (inputs + 31) / 32, blocks = rowBlocks(rows)
    pool.run(blocks * tiles) { index in
      let range = self.rows(ofBlock: index / tiles, of: blocks, rows: rows)
      body(range.lowerBound, range.count, index % tiles)
    }
  }

  /// Lends the descriptions of matrices, without memory of the heap: a decoded token takes hundreds of products.
  private func withKernelWeights(
    of weights: [WeightMatrix], _ body: (UnsafeBufferPointer<antipode_weights>) -> Void
  ) {
    withUnsafeTemporaryAllocation(of: antipode_weights.self, capacity: weights.count) { descriptions in
      for (index, matrix) in weights.enumerated() { descriptions.initializeElement(at: index, to: matrix.description) }
      withExtendedLifetime(weights) { body(UnsafeBufferPointer(descriptions)) }
    }
  }
}

extension antipode_weights {
  /// How many tiles of 32 outputs there are.
  fileprivate var tiles: Int { (outputs + 31) / 32 }
}
