/// What is done to the hidden states while a model runs, at every position.
package struct StateEdit: Sendable, Equatable {
  /// What is done.
  package enum Change: Sendable, Equatable {
    /// `h ← h + s · r` behind one block; block 0 is the embeddings.
    case add(scale: Float, behind: Int)
    /// `h ← h − r̂ (r̂ᵀ h)` with `r̂ = r / ‖r‖`, wherever the model adds something to the states: nothing is left of
    /// the direction (Arditi et al., arXiv 2406.11717, Section 2.4).
    case ablate
  }

  /// r, `[width]`.
  package let direction: [Float]
  /// What is done.
  package let change: Change

  /// An edit. A direction of length 0 changes nothing.
  package init(_ change: Change, of direction: [Float]) {
    self.change = change
    guard change == .ablate else {
      self.direction = direction
      return
    }
    let norm = direction.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    self.direction = norm > 0 ? direction.map { Float(Double($0) / norm) } : direction
  }
}

extension ComputeContext {
  /// Adds what edits add behind a block, and takes away what they ablate; `states` `[rows, width]`.
  /// - Parameter block: The number of blocks that have run; nil within one, where nothing is added.
  package func apply(_ edits: [StateEdit], behind block: Int?, to states: inout Matrix) {
    for edit in edits {
      switch edit.change {
      case .add(let scale, let place) where place == block: add(bias: edit.direction.map { scale * $0 }, to: &states)
      case .add: continue
      case .ablate: remove(edit.direction, from: &states)
      }
    }
  }

  /// `x ← x − u (uᵀ x)` for each row; `u` `[width]`, of length 1.
  func remove(_ direction: [Float], from rows: inout Matrix) {
    precondition(direction.count == rows.columns, "shapes differ")
    let count = rows.rows, width = rows.columns
    rows.values.withUnsafeMutableBufferPointer { rows in
      direction.withUnsafeBufferPointer { direction in
        guard let rows = rows.baseAddress, let direction = direction.baseAddress else { return }
        forEachRow(count) { row in
          let line = rows + row * width
          var share: Float = 0
          for column in 0..<width { share += line[column] * direction[column] }
          for column in 0..<width { line[column] -= share * direction[column] }
        }
      }
    }
  }
}
