import Fingerprints
import Records
import Stages

/// One cell's answers to one set, each with what was said of it.
struct CellAnswers {
  /// An answer.
  struct Answer {
    var generation: Generation
    /// What its wording says; nil where the store does not have it.
    var verdict: Verdict?
    /// The number that it comes to, beside the right one; nil in sets that ask for none.
    var number: NumberAnswer?
    /// What each language model says that was asked, by the judge's name.
    var judgments: [String: Judgment]
    var disclosure: Disclosure
    /// Whether two that were asked the same say otherwise, the judge of wording counted.
    var isDisputed: Bool
  }

  /// The answers, in the set's order; none where they are not in the store.
  let answers: [Answer]

  init(of cell: CellRecord, to set: String, kind: InstructionKind, in store: ArtifactStore) {
    let generations = Self.rows(Generation.self, "generations.jsonl", cell.stage(.generations, named: set), store)
    let verdicts = Self.byID(Self.rows(Verdict.self, "verdicts.jsonl", cell.stage(.verdicts, named: set), store))
    let numbers = Self.byID(Self.rows(NumberAnswer.self, "numbers.jsonl", cell.stage(.numbers, named: set), store))
    var asked: [(judge: String, question: JudgeQuestion, rows: [String: Judgment])] = []
    for entry in cell.metrics?.judged ?? [] where entry.set == set {
      let stage = cell.stage(.judgments, named: StageReference.judgmentsName(judge: entry.judge, set: set))
      asked.append((entry.judge, entry.question, Self.byID(Self.rows(Judgment.self, "judgments.jsonl", stage, store))))
    }
    let harm = HarmCalls(asked.filter { $0.question == .harmlessness }.map { Array($0.rows.values) })
    answers = generations.map { generation in
      let verdict = verdicts[generation.id]
      let said = asked.map { (judge: $0.judge, question: $0.question, judgment: $0.rows[generation.id]) }
      return Answer(
        generation: generation, verdict: verdict, number: numbers[generation.id],
        judgments: Dictionary(said.compactMap { entry in entry.judgment.map { (entry.judge, $0) } }) { first, _ in first
        },
        disclosure: Disclosure(kind: kind, label: verdict?.label, isCalledHarmful: harm.contains(generation.id)),
        isDisputed: Self.isDisputed(said.map { ($0.question, $0.judgment?.label) }, verdict?.label, kind))
    }
  }

  /// Whether two that were asked the same question say otherwise; noise, and what holds no verdict, says nothing.
  private static func isDisputed(
    _ said: [(question: JudgeQuestion, label: Judgment.Label?)], _ verdict: Verdict.Label?, _ kind: InstructionKind
  ) -> Bool {
    var labels: [JudgeQuestion: Set<Judgment.Label>] = [:]
    for (question, label) in said {
      guard let label, label != .unparsed, !Judgment.Label.notAsked.contains(label) else { continue }
      labels[question, default: []].insert(label)
      // To a harmless request an answer is no harm.
      guard let verdict, question != .harmlessness || kind == .harmful || verdict == .refused,
        let word = question.besideWording[verdict]
      else { continue }
      labels[question, default: []].insert(word)
    }
    return labels.values.contains { $0.count > 1 }
  }

  private static func rows<Row: Decodable>(
    _ type: Row.Type, _ name: String, _ stage: Fingerprint?, _ store: ArtifactStore
  ) -> [Row] {
    guard let stage, let artifact = try? store.artifact(stage) else { return [] }
    return (try? RowFile.read(type, from: artifact.file(name))) ?? []
  }

  private static func byID<Row: Identified>(_ rows: [Row]) -> [String: Row] {
    Dictionary(rows.map { ($0.id, $0) }) { first, _ in first }
  }
}

/// A row of one answer.
private protocol Identified {
  var id: String { get }
}

extension Verdict: Identified {}
extension Judgment: Identified {}
extension NumberAnswer: Identified {}
