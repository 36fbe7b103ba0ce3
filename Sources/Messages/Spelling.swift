/// Finds the word that was probably meant.
package enum Spelling {
  /// The candidates that are near enough to a word to be meant, the nearest first and the first among equals first;
  /// case does not count.
  /// - Parameter limit: How many single letters may have to be inserted, removed or replaced, for a candidate.
  package static func near(
    to word: String, among candidates: [String], within limit: (String) -> Int = { max(2, $0.unicodeScalars.count / 3) }
  ) -> [String] {
    let letters = Array(word.lowercased().unicodeScalars)
    guard letters.count <= 100 else { return [] }
    return candidates.enumerated()
      .map { (distance: distance(letters, Array($1.lowercased().unicodeScalars)), index: $0, word: $1) }
      .filter { $0.distance <= limit($0.word) }
      .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
      .map(\.word)
  }

  /// The number of letters to insert, remove or replace to make one word of another (Levenshtein).
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    var row = Array(0...right.count)
    for (index, letter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let substituted = diagonal + (letter == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(substituted, diagonal + 1, row[column] + 1)
      }
    }
    return row[right.count]
  }
}
