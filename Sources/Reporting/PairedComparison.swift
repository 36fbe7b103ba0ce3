import Records
import Statistics

/// One cell against a reference on the same prompts.
struct PairedComparison: Sendable {
  /// What a cell's answer to one prompt came to; nil where it came to nothing.
  struct Outcome: Sendable {
    var id: String
    var value: Double?
  }

  /// The mean difference, cell minus reference.
  var difference: Double
  /// Before any correction.
  var pValue: Double
  /// Prompts on which the two differ.
  var disagreements: Int
  /// The number of prompts.
  var count: Int

  /// What the outcomes are, which says how they are compared.
  enum Measure: Sendable {
    /// Hits and misses, 1 and 0: the exact test of McNemar.
    case rate
    /// Points of any size: the paired bootstrap.
    case mean
  }

  /// Nil where the prompts are not the same.
  init?(_ mine: [Outcome]?, with theirs: [Outcome]?, as measure: Measure = .rate) {
    guard let mine, let theirs, mine.map(\.id) == theirs.map(\.id) else { return nil }
    let pairs = zip(mine, theirs).compactMap { mine, theirs in
      mine.value.flatMap { mine in theirs.value.map { (mine: mine, theirs: $0) } }
    }
    guard !pairs.isEmpty else { return nil }
    let differences = pairs.map { $0.mine - $0.theirs }
    difference = differences.reduce(0, +) / Double(differences.count)
    disagreements = differences.count { $0 != 0 }
    count = pairs.count
    switch measure {
    case .rate:
      let test = McNemarTest(onlyFirst: differences.count { $0 > 0 }, onlySecond: differences.count { $0 < 0 })
      pValue = test.pValue
    case .mean:
      guard let bootstrap = PairedBootstrap(differences: differences) else { return nil }
      pValue = disagreements == 0 ? 1 : bootstrap.pValue
    }
  }

  /// How outcomes are compared where each request has so many answers.
  static func measure(samples: Int) -> Measure { samples > 1 ? .mean : .rate }

  /// A table with a row a cell and a column a set, p-values corrected over all of it; nil where there is nothing to
  /// compare.
  /// - Parameter columns: The columns' titles, as markdown.
  static func table(columns: [String], rows: [(label: String, comparisons: [PairedComparison?])]) -> String? {
    let all = rows.flatMap { $0.comparisons.compactMap { $0?.pValue } }
    guard !all.isEmpty else { return nil }
    var adjusted = HolmCorrection.adjusted(all)[...]
    var table = MarkdownTable([.init("cell")] + columns.map { .init($0, .right) })
    for row in rows {
      let cells = row.comparisons.map { comparison -> String in
        guard let comparison, let p = adjusted.popFirst() else { return "–" }
        let text =
          (comparison.difference > 0 ? "+" : "") + NumberText.fixed(comparison.difference, decimals: 2)
          + " (p \(Self.text(p)))"
        return p < 0.05 ? "**\(text)**" : text
      }
      table.append([MarkdownText.code(row.label)] + cells)
    }
    return table.markdown
  }

  /// A p-value.
  static func text(_ p: Double) -> String {
    p < 0.001 ? "< 0.001" : NumberText.fixed(p, decimals: 3)
  }
}

extension [PairedComparison.Outcome] {
  /// The outcomes of requests that have so many answers each, which stand together: the mean over a request's answers.
  func overSamples(_ samples: Int) -> [PairedComparison.Outcome] {
    guard samples > 1 else { return self }
    return stride(from: 0, to: count, by: samples).map { first in
      let values = self[first..<Swift.min(first + samples, count)].compactMap(\.value)
      return .init(
        id: self[first].id, value: values.isEmpty ? nil : values.reduce(0, +) / Double(values.count))
    }
  }
}
