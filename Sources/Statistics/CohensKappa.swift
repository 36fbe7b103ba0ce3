import Foundation

/// How far two judges agree beyond chance. Source: Cohen, Educational and Psychological Measurement 20 (1960); the
/// standard error of Fleiss, Cohen and Everitt, Psychological Bulletin 72 (1969).
package struct CohensKappa: Sendable, Hashable {
  /// The labels that occur, sorted.
  package let labels: [String]
  /// How often the first judge said the row's label and the second the column's, `[labels, labels]`.
  package let counts: [[Int]]
  /// The number of answers that both judged.
  package let count: Int
  /// The share on which they agree.
  package let agreement: Double
  /// κ; nil where both judges give one and the same label to all, so that nothing but chance can be seen.
  package let kappa: Double?
  /// The standard error of κ.
  package let standardError: Double?

  /// Two judges' labels of the same answers, in the same order. Nil where their numbers differ or are 0.
  package init?(_ first: [String], _ second: [String]) {
    guard first.count == second.count, !first.isEmpty else { return nil }
    let labels = Set(first + second).sorted()
    let place = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    var counts = [[Int]](repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
    for (one, other) in zip(first, second) {
      if let row = place[one], let column = place[other] { counts[row][column] += 1 }
    }
    let total = Double(first.count)
    let shares = counts.map { $0.map { Double($0) / total } }
    let rows = shares.map { $0.reduce(0, +) }
    let columns = labels.indices.map { column in shares.reduce(0) { $0 + $1[column] } }
    let agreed = labels.indices.reduce(0) { $0 + shares[$1][$1] }
    let chance = labels.indices.reduce(0) { $0 + rows[$1] * columns[$1] }
    self.labels = labels
    self.counts = counts
    count = first.count
    agreement = agreed
    guard chance < 1 else {
      kappa = nil
      standardError = nil
      return
    }
    let value = (agreed - chance) / (1 - chance)
    var onDiagonal = 0.0, offDiagonal = 0.0
    for row in labels.indices {
      for column in labels.indices {
        let sum = rows[column] + columns[row]
        if row == column {
          onDiagonal += shares[row][row] * pow(1 - (rows[row] + columns[row]) * (1 - value), 2)
        } else {
          offDiagonal += shares[row][column] * sum * sum
        }
      }
    }
    offDiagonal *= (1 - value) * (1 - value)
    let rest = pow(value - chance * (1 - value), 2)
    kappa = value
    standardError = (max(0, onDiagonal + offDiagonal - rest) / total).squareRoot() / (1 - chance)
  }
}
