import Experiments
import Fingerprints
import JSON
package import Records
import Stages

/// The answers of an experiment as the answer browser reads them: each request with what every cell answered, and what
/// the judges say of it. [docs/pages.md](../../docs/pages.md) has its form.
package struct AnswersDocument: Encodable, Sendable {
  /// What becomes of answers that are withheld.
  package enum Withheld: Sendable {
    /// They are not in the document.
    case leftOut
    /// They are not in the document, and have a name by which each can be asked for.
    case named
    /// They are in the document, and covered until the reader uncovers each.
    case included
  }

  /// A column.
  struct Cell: Encodable, Sendable {
    var label: String
    var isBaseline: Bool
    /// Whether the cell's method makes the model answer harm that it would refuse by itself.
    var weakensSafety: Bool
  }

  /// A set of requests.
  struct RequestSet: Encodable, Sendable {
    var name: String
    var kind: InstructionKind
    /// What is measured, where it is not whether answers refuse: `number`.
    var measure: String?
  }

  /// A language model that judged.
  struct Judge: Encodable, Sendable, Hashable {
    var name: String
    var question: String
  }

  /// What becomes of an answer whose number counts.
  enum Score: String, Encodable, Sendable {
    case right, wrong
    case withoutNumber = "no number"
    case tooLong = "too long"

    init(_ answer: NumberAnswer) {
      if answer.isTooLong == true {
        self = .tooLong
      } else if answer.found == nil {
        self = .withoutNumber
      } else {
        self = answer.isRight ? .right : .wrong
      }
    }
  }

  /// What one cell answered to one request. What is absent is not encoded.
  struct Answer: Encodable, Sendable {
    /// What is shown; nil where all of it is withheld.
    var text: String?
    /// All of it, where the document has what is withheld.
    var withheld: String?
    /// Whether there is more than what is shown.
    var isCovered: Bool?
    /// The hash of its text, by which what is covered can be asked for.
    var name: Fingerprint?
    /// What its wording says.
    var verdict: Verdict.Label?
    /// The words that decided that.
    var phrase: String?
    /// Whether its number is the right one, in sets that ask for one.
    var score: Score?
    /// Its number.
    var number: String?
    /// What each judge says, in the order of the judges.
    var judgments: [Judgment.Label?]?
    /// Whether two that were asked the same say otherwise, the judge of wording counted.
    var isDisputed: Bool?
    /// The number of tokens, where they are known.
    var tokens: Int?
    /// Whether it was as long as allowed.
    var isCutShort: Bool?
  }

  /// A row.
  struct Request: Encodable, Sendable {
    /// The set's place.
    var set: Int
    /// The request's identifier; of a further answer with its number.
    var id: String
    var text: String
    /// The right number, in sets that ask for one.
    var expected: String?
    /// The cells' answers, in the order of the cells; null where the store has none.
    var answers: [Answer?]
  }

  let format: Int
  let experiment: Fingerprint
  let name: String
  let question: String
  let cells: [Cell]
  let sets: [RequestSet]
  let judges: [Judge]
  let requests: [Request]

  /// The answers of the cells that are done. Answers that are not in the store, or can't be read, are missing, and stop
  /// nothing.
  package init(of record: ExperimentRecord, in store: ArtifactStore, withheld: Withheld = .leftOut) {
    let done = record.cells.filter { $0.metrics != nil }
    let manifest = Self.manifest(of: record, in: store)
    let weakening = Set((manifest?.cells ?? []).filter(\.settings.decoding.method.weakensSafety).map(\.label))
    var sets: [RequestSet] = [], judges: [Judge] = []
    for metrics in done.compactMap(\.metrics) {
      for set in metrics.sets where !sets.contains(where: { $0.name == set.set }) {
        sets.append(RequestSet(name: set.set, kind: set.kind))
      }
      for set in metrics.numbers ?? [] where !sets.contains(where: { $0.name == set.set }) {
        sets.append(RequestSet(name: set.set, kind: Self.kind(of: set.set, manifest), measure: "number"))
      }
      for judged in metrics.judged ?? [] {
        let judge = Judge(name: judged.judge, question: judged.question.rawValue)
        if !judges.contains(judge) { judges.append(judge) }
      }
    }
    var requests: [Request] = []
    for (place, set) in sets.enumerated() {
      var rows: [String: Int] = [:]
      for (column, cell) in done.enumerated() {
        for answer in CellAnswers(of: cell, to: set.name, kind: set.kind, in: store).answers {
          let id = answer.generation.id
          if rows[id] == nil {
            rows[id] = requests.count
            requests.append(
              Request(
                set: place, id: id, text: answer.generation.instruction,
                answers: Array(repeating: nil, count: done.count)))
          }
          guard let row = rows[id] else { continue }
          requests[row].answers[column] = Answer(answer, judges: judges, withheld: withheld)
          requests[row].expected = answer.number?.expected ?? requests[row].expected
        }
      }
    }
    format = 1
    experiment = record.fingerprint
    name = record.name
    question = record.question
    cells = done.map {
      Cell(label: $0.label, isBaseline: $0.isBaseline, weakensSafety: weakening.contains($0.label))
    }
    self.sets = sets
    self.judges = judges
    self.requests = requests
  }

  /// Whether there is anything to look at.
  package var isEmpty: Bool { requests.isEmpty }

  /// The document as JSON.
  package var json: String { get throws { try JSONValue(encoding: self).canonical } }

  /// The manifest; nil where it can't be read.
  private static func manifest(of record: ExperimentRecord, in store: ArtifactStore) -> Manifest? {
    guard let bytes = try? store.manifest(of: record.fingerprint) else { return nil }
    return try? Manifest(parsing: String(decoding: bytes, as: UTF8.self))
  }

  /// The kind of a set whose record does not tell it. What nobody tells counts as harmful, so that it is withheld.
  private static func kind(of set: String, _ manifest: Manifest?) -> InstructionKind {
    (manifest?.cells ?? []).lazy.flatMap(\.settings.evaluation.sets).first { $0.name == set }?.kind ?? .harmful
  }
}

extension AnswersDocument.Answer {
  fileprivate init(
    _ answer: CellAnswers.Answer, judges: [AnswersDocument.Judge], withheld: AnswersDocument.Withheld
  ) {
    let generation = answer.generation, shown = answer.disclosure.shown(of: generation)
    text = shown
    // Of a refusal, the white space that it begins with is not shown either.
    let isWhole = answer.disclosure == .whole || shown == String(generation.text.drop(while: \.isWhitespace))
    isCovered = isWhole ? nil : true
    switch withheld {
    case .named where !isWhole: name = Fingerprint(ofBytes: Array(generation.text.utf8))
    case .included where !isWhole: self.withheld = generation.text
    default: break
    }
    verdict = answer.verdict?.label
    phrase = shown == nil ? nil : answer.verdict?.phrase
    score = answer.number.map(AnswersDocument.Score.init)
    number = shown == nil ? nil : answer.number?.found
    let labels = judges.map { answer.judgments[$0.name]?.label }
    judgments = labels.contains { $0 != nil } ? labels : nil
    isDisputed = answer.isDisputed ? true : nil
    tokens = generation.tokens.isEmpty ? nil : generation.tokens.count
    isCutShort = generation.finish == .length ? true : nil
  }
}
