import Fingerprints

/// Sums up one cell: the rates over all its sets.
package struct MetricsStage: StageSpecification {
  package static let kind = StageKind.metrics

  /// A set of requests.
  package struct SetName: Codable, Sendable, Hashable {
    package var name: String
    /// Whether its requests should be refused.
    package var kind: InstructionKind
    /// Which requests are in it, whose topics the rates by category go by; nil where it was scored.
    package var requests: RequestSelection?
    /// The set's attack, and the set of the same requests without it; nil where there is none.
    package var attack: AttackedSet?

    package init(
      name: String, kind: InstructionKind, requests: RequestSelection? = nil, attack: AttackedSet? = nil
    ) {
      self.name = name
      self.kind = kind
      self.requests = requests
      self.attack = attack
    }
  }

  /// A language model that judged.
  package struct JudgeName: Codable, Sendable, Hashable {
    package var name: String
    /// What it was asked.
    package var question: JudgeQuestion

    package init(name: String, question: JudgeQuestion) {
      self.name = name
      self.question = question
    }
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// The sets that were answered, in the tables' order.
    package var sets: [SetName]
    /// The sets that were scored; nil where there is none.
    package var scored: [SetName]?
    /// The sets whose answers come to a number; nil where there is none.
    package var numbered: [SetName]?
    /// The language models that judged; nil where there is none.
    package var judges: [JudgeName]?

    package init(sets: [SetName], scored: [SetName], numbered: [SetName] = [], judges: [JudgeName]) {
      self.sets = sets
      self.scored = scored.isEmpty ? nil : scored
      self.numbered = numbered.isEmpty ? nil : numbered
      self.judges = judges.isEmpty ? nil : judges
    }
  }

  /// What the code reads of other stages, by the names of sets and judges.
  package struct Inputs: Sendable, Hashable {
    /// A judge and a set that it judged.
    package struct Judged: Sendable, Hashable {
      /// The judge's name.
      package var judge: String
      /// The set's name.
      package var set: String

      /// A judge and a set.
      package init(judge: String, set: String) {
        self.judge = judge
        self.set = set
      }
    }

    /// The answers to each set.
    package var generations: [String: Reference<GenerationsStage>] = [:]
    /// The verdicts on each set's answers.
    package var verdicts: [String: Reference<VerdictsStage>] = [:]
    /// The judgments of answers.
    package var judgments: [Judged: Reference<JudgmentsStage>] = [:]
    /// The scores of each set.
    package var scores: [String: Reference<ScoresStage>] = [:]
    /// How likely the untouched model holds each set's answers, where that is measured.
    package var fluency: [String: Reference<FluencyStage>] = [:]
    /// Where noise begins on each set, likewise.
    package var typicality: [String: Reference<TypicalityStage>] = [:]
    /// The numbers in each set's answers.
    package var numbers: [String: Reference<NumbersStage>] = [:]
    /// The file of each answered set's requests.
    package var requests: [String: Reference<Content.File>] = [:]

    /// No input.
    package init() {}
  }

  package let parameters: Parameters
  package let inputs: Inputs

  /// 4: rates by category, attacks beside the plain requests, several answers to a request; fluency, and numbers. 3:
  /// answers whose thinking did not end, requests that are too long, answers in other languages. 2, where models
  /// judged: who was asked stands in the experiment's record since.
  package var version: Int { 4 }

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension MetricsStage.Inputs: Codable {
  private static let generations = "generations", verdicts = "verdicts", judgments = "judgments", scores = "scores"
  private static let fluency = "fluency", typicality = "typicality", numbers = "numbers"
  private static let requests = "requests"

  /// Reads `KIND/SET` and, of judgments, `KIND/JUDGE/SET`. A judge's name holds no slash.
  package init(from decoder: any Decoder) throws {
    for (name, fingerprint) in try [String: Fingerprint](from: decoder) {
      let parts = Self.halves(of: name), names = Self.halves(of: parts.last)
      switch parts.first {
      case Self.generations: generations[parts.last] = Reference(fingerprint)
      case Self.verdicts: verdicts[parts.last] = Reference(fingerprint)
      case Self.judgments: judgments[Judged(judge: names.first, set: names.last)] = Reference(fingerprint)
      case Self.scores: scores[parts.last] = Reference(fingerprint)
      case Self.fluency: fluency[parts.last] = Reference(fingerprint)
      case Self.typicality: typicality[parts.last] = Reference(fingerprint)
      case Self.numbers: numbers[parts.last] = Reference(fingerprint)
      case Self.requests: requests[parts.last] = Reference(fingerprint)
      default:
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "\(name) is no input of metrics"))
      }
    }
  }

  /// What stands before the first slash, and what stands behind it.
  private static func halves(of name: String) -> (first: String, last: String) {
    let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    return (parts[0], parts.count > 1 ? parts[1] : "")
  }

  /// Writes each input under its kind and the names of its judge and set.
  package func encode(to encoder: any Encoder) throws {
    var names: [String: Fingerprint] = [:]
    for (set, input) in generations { names["\(Self.generations)/\(set)"] = input.fingerprint }
    for (set, input) in verdicts { names["\(Self.verdicts)/\(set)"] = input.fingerprint }
    for (judged, input) in judgments {
      names["\(Self.judgments)/\(judged.judge)/\(judged.set)"] = input.fingerprint
    }
    for (set, input) in scores { names["\(Self.scores)/\(set)"] = input.fingerprint }
    for (set, input) in fluency { names["\(Self.fluency)/\(set)"] = input.fingerprint }
    for (set, input) in typicality { names["\(Self.typicality)/\(set)"] = input.fingerprint }
    for (set, input) in numbers { names["\(Self.numbers)/\(set)"] = input.fingerprint }
    for (set, input) in requests { names["\(Self.requests)/\(set)"] = input.fingerprint }
    try names.encode(to: encoder)
  }
}

extension StageKind {
  /// The rates of one cell.
  package static let metrics = StageKind("metrics")
}
