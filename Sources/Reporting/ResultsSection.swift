import Experiments
import Records
import Stages

/// The answer in a sentence, and the table with a row a cell.
struct ResultsSection: Sendable {
  let results: ExperimentResults
  /// What the cells' answers took.
  var costs = CellCosts()

  /// The answer to the experiment's question, as far as the refusal gap gives one.
  var answer: String {
    guard let best = results.best, let gap = best.gap else {
      return results.done.isEmpty
        ? "None yet: no cell is done.\n"
        : "None by refusal gap (harmful − harmless): no cell that is done has both harmful and harmless sets.\n"
    }
    let rates = best.metrics.sets.filter { $0.attack == nil }.map { set in
      NumberText.interval(set.refusalRate, low: set.low, high: set.high) + " of " + MarkdownText.escaped(set.set)
    }
    let swept = results.done.count { !$0.record.isBaseline && $0.gap != nil }
    let name = MarkdownText.code(best.record.label)
    var sentence: String
    if let leader = results.leader, leader.record.label != best.record.label, let largest = leader.gap {
      let baseline = "the baseline **\(MarkdownText.code(leader.record.label))**"
      sentence =
        "No cell is better than \(baseline), whose refusal gap (harmful − harmless) is "
        + "**\(NumberText.fixed(largest, decimals: 2))**. "
        + (swept > 1 ? "Of the \(swept) others, \(name) comes nearest: it refuses " : "\(name) refuses ")
    } else {
      let field = swept > 1 ? "Of \(swept) cells, " : ""
      sentence = "\(field)**\(name)** has the largest refusal gap (harmful − harmless): it refuses "
    }
    sentence += Self.listed(rates) + ", a gap of **\(NumberText.fixed(gap, decimals: 2))**"
    if let reference = results.reference, let referenceGap = reference.gap {
      let role = reference.record.isBaseline ? "the baseline " : ""
      sentence += ", against \(NumberText.fixed(referenceGap, decimals: 2)) for \(role)"
      sentence += MarkdownText.code(reference.record.label)
    }
    return sentence + ".\n"
  }

  /// The table, what its columns mean, and what went wrong.
  var table: String {
    var columns = [MarkdownTable.Column("cell")]
    columns += results.sets.map { .init("refused: \(MarkdownText.escaped($0))", .right) }
    let measured =
      (measuresFluency ? ["noise", "fluency"] : []) + rare.map(\.title) + (costs.isEmpty ? [] : ["streams"])
    columns += (["gap", "degenerate"] + measured + ["n", "mean tokens"]).map { .init($0, .right) }
    var table = MarkdownTable(columns)
    let marks = results.sets.map { ColumnMarks(results, set: $0) }
    for cell in results.record.cells { table.append(row(for: cell, marks: marks)) }

    var text = table.markdown + "\nRefusal rates with 95 % Wilson intervals. "
    if results.isSampled { text += "Where requests have several answers, intervals are bootstrapped over them. " }
    if results.sets.count > 1 {
      text += "Columns with several values have them in the order of the sets. "
    }
    text += "Degenerate answers (empty, looping, gibberish) count neither as refused nor as answered. "
    text += noise + rare.map(\.meaning).joined()
    if !costs.isEmpty { text += "Streams: how many times the model is run for a token. " }
    if results.best != nil {
      text +=
        "Of each column the best is bold and the second best underlined, and so is the best gap's cell: chosen after "
        + "the fact on these same answers, so its numbers flatter it."
    }
    if !results.weakened.isEmpty {
      text +=
        "\n\n⚠ This method makes the model answer harmful requests that it would otherwise refuse; it is included for "
        + "study."
    }
    text += "\n"
    if let foreign { text += "\n" + foreign }
    let failures = results.record.cells.compactMap { cell in
      cell.failure.map { "- \(MarkdownText.code(cell.label)) failed: \(MarkdownText.escaped($0))\n" }
    }
    return failures.isEmpty ? text : text + "\n" + failures.joined()
  }

  /// The columns of what happened in any cell.
  private var rare: [RareColumn] { RareColumn.columns(of: results.done.flatMap(\.metrics.sets)) }

  private var measuresFluency: Bool { results.done.flatMap(\.metrics.sets).contains { $0.fluency != nil } }

  /// What fluency and noise are, with the bounds of all sets.
  private var noise: String {
    guard measuresFluency else { return "" }
    var bounds: [String] = [], minimum = 0
    for set in results.sets {
      let found = results.done.compactMap { ExperimentResults.metrics($0, on: set)?.fluency }
      minimum = max(minimum, found.map(\.minimumTokens).max() ?? 0)
      let texts = Set(found.map { $0.bound.map { NumberText.fixed($0, decimals: 2) } ?? "none" }).sorted()
      guard !texts.isEmpty else { continue }
      bounds.append("\(MarkdownText.escaped(set)) \(texts.joined(separator: " or "))")
    }
    return "Fluency is the mean log-likelihood of the answers under the untouched model without a system message, in "
      + "nats a token. Noise is an answer of at least \(minimum) tokens that lies below what this model itself writes, "
      + "and also counts neither as refused nor as answered; it begins at: \(bounds.joined(separator: ", ")). "
  }

  /// A warning where most of a set's answers are in a language that the judge of wording does not know.
  private var foreign: String? {
    let places = results.done.flatMap { cell in
      cell.metrics.sets.filter { 2 * ($0.foreign ?? 0) > $0.refused + $0.answered }.map { set in
        "\(MarkdownText.code(cell.record.label)) on \(MarkdownText.escaped(set.set)) "
          + "(\(set.foreign ?? 0) of \(set.refused + set.answered))"
      }
    }
    guard !places.isEmpty else { return nil }
    return "**Most answers are not in English:** " + places.joined(separator: ", ")
      + ". The wording judge knows refusals in English, and those that `evaluation.wordings` lists: list what this "
      + "model says, or let a language model judge.\n"
  }

  /// The best and the second best rate of a column: the highest on harmful requests, the lowest on harmless ones.
  private struct ColumnMarks {
    var best: Double?
    var second: Double?

    init(_ results: ExperimentResults, set: String) {
      let found = results.done.compactMap { ExperimentResults.metrics($0, on: set) }
      let rates = Set(found.map(\.refusalRate)).sorted { found.first?.kind == .harmless ? $0 < $1 : $0 > $1 }
      guard rates.count > 1 else { return }
      best = rates[0]
      second = rates.count > 2 ? rates[1] : nil
    }

    func marked(_ text: String, _ rate: Double) -> String {
      rate == best ? "**\(text)**" : rate == second ? "<ins>\(text)</ins>" : text
    }
  }

  private func row(for cell: CellRecord, marks: [ColumnMarks]) -> [String] {
    let name =
      MarkdownText.code(cell.label) + (results.weakened.contains(cell.label) ? " ⚠" : "")
      + (cell.isBaseline ? " (baseline)" : "")
    guard let done = results.done.first(where: { $0.record.label == cell.label }) else {
      return [name] + [cell.status == .failed ? "failed" : "pending"]
    }
    let isBest = results.leader?.record.label == cell.label
    func marked(_ text: String) -> String { isBest ? "**\(text)**" : text }
    let measured = results.sets.map { ExperimentResults.metrics(done, on: $0) }
    let rates = zip(measured, marks).map { set, marks in
      set.map { marks.marked(NumberText.interval($0.refusalRate, low: $0.low, high: $0.high), $0.refusalRate) } ?? "–"
    }
    func each(_ value: (SetMetrics) -> String) -> String {
      measured.map { $0.map(value) ?? "–" }.joined(separator: " / ")
    }
    let sizes = measured.compactMap { $0?.count }
    let count = Set(sizes).count == 1 && sizes.count == measured.count ? "\(sizes[0])" : each { "\($0.count)" }
    return [marked(name)] + rates + [
      done.gap.map { marked(NumberText.fixed($0, decimals: 2)) } ?? "–",
      each { NumberText.fixed($0.degenerateRate, decimals: 2) },
    ] + (measuresFluency ? [each(Self.noise), each(Self.fluency)] : [])
      + rare.map { column in each { "\(column.count($0) ?? 0)" } }
      + (costs.isEmpty ? [] : [costs[cell.label].map { "\($0.streams)" } ?? "–"]) + [
        count,
        each { $0.hasTokens ? NumberText.fixed($0.meanTokens, decimals: 1) : "–" },
      ]
  }

  private static func noise(_ set: SetMetrics) -> String {
    set.fluency.map { NumberText.fixed(Double($0.noise) / Double(max(1, set.count)), decimals: 2) } ?? "–"
  }

  private static func fluency(_ set: SetMetrics) -> String {
    set.fluency?.logLikelihood.map { NumberText.fixed($0.value, decimals: 2) } ?? "–"
  }

  private static func listed(_ items: [String]) -> String {
    guard items.count > 1, let last = items.last else { return items.joined() }
    return items.dropLast().joined(separator: ", ") + " and " + last
  }
}
