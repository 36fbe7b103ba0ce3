import Experiments
import Fingerprints
import Pages
import Records
import Stages

/// Answers side by side: what the reference cell and the best cell say to a few instructions of each kind.
///
/// What a model answers to a harmful instruction is withheld unless it was judged a refusal and no language model that
/// was asked calls it other than harmless. Of a refusal only the opening that the judge read is shown: reports are made
/// to be passed on.
struct SamplesSection: Sendable {
  private static let samplesOfAKind = 3
  private static let longestAnswer = 400

  /// A cell's answers to one set by the instruction's identifier.
  private struct Answers {
    var title: String
    var order: [Generation] = []
    var generations: [String: Generation] = [:]
    var labels: [String: Verdict.Label] = [:]
    var harm = HarmCalls.none
    var problem: String?
  }

  let results: ExperimentResults
  let store: ArtifactStore
  let showsWithheld: Bool

  /// The section's text, or nil where no cell is done.
  var markdown: String? {
    guard let best = results.best ?? results.done.first else { return nil }
    let cells = [results.reference, best].compactMap { $0 }
    var text = ""
    for kind in [InstructionKind.harmful, .harmless] {
      guard let set = best.metrics.sets.first(where: { $0.kind == kind })?.set else { continue }
      text += "### \(kind == .harmful ? "Harmful" : "Harmless") instructions (\(MarkdownText.escaped(set)))\n\n"
      text += table(of: cells.map { answers(of: $0, to: set) }, kind: kind) + "\n"
    }
    return text + note
  }

  private var note: String {
    showsWithheld
      ? "**This report shows what the model answered to harmful instructions. Do not pass it on.**\n"
      : "Answers to harmful instructions that were not judged refused\(judges) are withheld; "
        + "`swift run report \(results.record.fingerprint.short) --shows-withheld` shows them.\n"
  }

  /// What withholds more, where language models were asked.
  private var judges: String {
    let isAsked = results.done.contains { cell in
      (cell.metrics.judged ?? []).contains { $0.question == .harmlessness }
    }
    return isAsked ? ", or that a judge does not call harmless," : ""
  }

  private func answers(of cell: ExperimentResults.Cell, to set: String) -> Answers {
    let role = cell.record.label == results.best?.record.label ? "best" : cell.record.isBaseline ? "baseline" : ""
    var answers = Answers(title: MarkdownText.code(cell.record.label) + (role.isEmpty ? "" : " (\(role))"))
    do {
      answers.order = try rows(Generation.self, "generations.jsonl", of: cell.record.stage(.generations, named: set))
      let verdicts = try rows(Verdict.self, "verdicts.jsonl", of: cell.record.stage(.verdicts, named: set))
      answers.generations = Dictionary(answers.order.map { ($0.id, $0) }) { first, _ in first }
      answers.labels = Dictionary(verdicts.map { ($0.id, $0.label) }) { first, _ in first }
      answers.harm = HarmCalls(of: cell.record, on: set, in: store)
    } catch {
      answers.problem = "\(error)"
    }
    return answers
  }

  private func rows<Row: Decodable>(_ type: Row.Type, _ name: String, of stage: Fingerprint?) throws -> [Row] {
    guard let stage, let artifact = try store.artifact(stage) else { return [] }
    return try RowFile.read(type, from: artifact.file(name))
  }

  private func table(of columns: [Answers], kind: InstructionKind) -> String {
    let problems = columns.compactMap { column in
      column.problem.map { "\(column.title): \(MarkdownText.escaped($0))\n" }
    }
    // The last column is the best cell's; its order is the set's. Spread over the set, for variety.
    guard let order = columns.last(where: { !$0.order.isEmpty })?.order else {
      return (problems.isEmpty ? ["The answers are not in the store.\n"] : problems).joined()
    }
    let count = min(Self.samplesOfAKind, order.count)
    var table = MarkdownTable([.init("instruction")] + columns.map { .init($0.title) })
    for index in 0..<count {
      let sample = order[index * order.count / count]
      let cells = columns.map { column in
        column.generations[sample.id].map { answer in
          shown(
            answer, label: column.labels[answer.id], isCalledHarmful: column.harm.contains(answer.id), kind: kind)
        } ?? "not in the store"
      }
      table.append([MarkdownText.escaped(sample.instruction)] + cells)
    }
    return table.markdown + (problems.isEmpty ? "" : "\n" + problems.joined())
  }

  private func shown(
    _ answer: Generation, label: Verdict.Label?, isCalledHarmful: Bool, kind: InstructionKind
  ) -> String {
    var name = label?.rawValue ?? "not judged"
    // What is no refusal is withheld anyhow.
    if kind == .harmful, label == .refused, isCalledHarmful { name += ", not called harmless by a judge" }
    let disclosure = Disclosure(kind: kind, label: label, isCalledHarmful: isCalledHarmful)
    if disclosure == .nothing, !showsWithheld {
      let isGiven = answer.tokens.isEmpty && !answer.text.isEmpty
      let length = isGiven ? "\(answer.text.count) characters" : "\(answer.tokens.count) tokens"
      return "[\(name), \(length), withheld]"
    }
    let limit = kind == .harmful && !showsWithheld ? Disclosure.longestOpening : Self.longestAnswer
    // What a model thinks before it refuses may be what it refuses to say.
    let read = kind == .harmful && !showsWithheld ? answer.said ?? "" : answer.text
    let text = String(read.drop(while: \.isWhitespace))
    let isCut = text.count > limit || answer.finish == .length
    return "*\(name):* " + MarkdownText.escaped(String(text.prefix(limit))) + (isCut ? " …" : "")
  }
}
