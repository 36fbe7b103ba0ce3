/// The benchmarks that this project knows.
package enum BenchmarkCatalog {
  /// All of them: harmful requests first, then over-refusal, then quality of answers.
  package static let all: [Benchmark] = [
    advBench, maliciousInstruct, harmfulQA, dangerousQA, beaverTailsEvaluation, xsTest, alpacaEval, truthfulQA,
  ]

  /// The benchmark of a name or alias; case and punctuation do not matter.
  /// - Throws: ``BenchmarkError/unknownName(_:nearest:)``.
  package static func benchmark(named name: String) throws -> Benchmark {
    let plainName = plain(name)
    let match = all.first { ([$0.name] + $0.aliases).contains { plain($0) == plainName } }
    guard let match else { throw BenchmarkError.unknownName(name, nearest: nearest(to: plainName)) }
    return match
  }

  private static func plain(_ name: String) -> String {
    name.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// The names a reader may have meant, the nearest first.
  private static func nearest(to name: String) -> [String] {
    all.enumerated()
      .map { (distance: distance(name, plain($1.name)), index: $0, name: $1.name) }
      .filter { $0.distance <= $0.name.count / 2 }
      .sorted { ($0.distance, $0.index) < ($1.distance, $1.index) }
      .prefix(3).map(\.name)
  }

  /// The number of letters to insert, remove or replace to make one word of another (Levenshtein).
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (leftIndex, leftLetter) in left.enumerated() {
      var diagonal = row[0]
      row[0] = leftIndex + 1
      for (rightIndex, rightLetter) in right.enumerated() {
        let replaced = diagonal + (leftLetter == rightLetter ? 0 : 1)
        diagonal = row[rightIndex + 1]
        row[rightIndex + 1] = min(replaced, diagonal + 1, row[rightIndex] + 1)
      }
    }
    return row[right.count]
  }
}
