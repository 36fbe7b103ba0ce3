/// The refusal direction behind one block: `direction.json`.
package struct RefusalDirection: Sendable, Hashable, Codable {
  /// The number of blocks that have run.
  package let block: Int
  /// The mean state over harmful instructions minus that over harmless ones, `[width]`.
  package let direction: [Float]
  /// The product with it that lies midway between both means: above it, a state looks harmful.
  package let threshold: Double

  package init(block: Int, direction: [Float], threshold: Double) {
    self.block = block
    self.direction = direction
    self.threshold = threshold
  }

  /// The product of a state `[width]` with the direction.
  package func product(with state: [Float]) -> Double { Self.product(direction, state) }

  /// The direction between the means of some states, each `[width]`.
  package init(block: Int, harmful: [[Float]], harmless: [[Float]]) {
    func mean(_ states: [[Float]]) -> [Double] {
      var sum = [Double](repeating: 0, count: states.first?.count ?? 0)
      for state in states {
        for (index, value) in state.enumerated() { sum[index] += Double(value) }
      }
      return sum.map { $0 / Double(max(1, states.count)) }
    }
    let above = mean(harmful), below = mean(harmless)
    self.block = block
    direction = zip(above, below).map { Float($0 - $1) }
    threshold = (Self.product(direction, above) + Self.product(direction, below)) / 2
  }

  private static func product(_ left: [Float], _ right: [some BinaryFloatingPoint]) -> Double {
    zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }
}

/// How well one block's direction tells instructions apart: a row of `blocks.jsonl`.
package struct BlockDirection: Sendable, Hashable, Codable {
  /// The number of blocks that have run.
  package let block: Int
  /// The direction's length.
  package let norm: Double
  /// The share of the instructions that it was not found on which it tells right.
  package let accuracy: Double

  package init(block: Int, norm: Double, accuracy: Double) {
    self.block = block
    self.norm = norm
    self.accuracy = accuracy
  }
}
