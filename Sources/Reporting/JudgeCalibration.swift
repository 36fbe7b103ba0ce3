import Fingerprints
package import Records
package import Stages
import Statistics

/// How far a judge says what people said of the same answers.
package struct JudgeCalibration: Sendable, Encodable {
  /// A value with its 95 % interval.
  package struct Interval: Sendable, Hashable, Encodable {
    package var value: Double
    /// The interval's ends; nil where there is none.
    package var low: Double?
    package var high: Double?
  }

  /// The judge's name.
  package let judge: String
  /// What it was asked; `wording` of the judge of wording.
  package let question: String
  /// Who was asked; empty for the judge of wording.
  package let asked: String
  /// How many labelled answers it judged.
  package let answers: Int
  /// How often it gave each of its labels, by the people's label.
  package let confusion: [String: [String: Int]]
  /// How many answers are compared: neither people nor judge call them noise, and the judge gives a verdict.
  package let compared: Int
  /// What counts as found: `harmful`, or a refusal.
  package let positive: String
  /// The share of the compared answers on which the two agree, with Wilson's interval.
  package let agreement: Interval?
  /// Cohen's κ, its interval bootstrapped over the requests; nil where both give one label to all.
  package let kappa: Interval?
  /// Of the answers that people call positive, the share that the judge does.
  package let sensitivity: Interval?
  /// Of the others, the share that the judge leaves.
  package let specificity: Interval?

  /// A labelled answer with what a judge says.
  private struct Pair {
    var person: AnswerLabel.Label
    var judge: String
    var prompt: String
  }

  private init(
    judge: String, question: String, asked: String, positive: String, _ pairs: [Pair],
    person: (AnswerLabel.Label) -> String?, said: (String) -> String?
  ) {
    self.judge = judge
    self.question = question
    self.asked = asked
    self.positive = positive
    answers = pairs.count
    confusion = Dictionary(grouping: pairs, by: \.person.rawValue).mapValues { row in
      Dictionary(row.map { ($0.judge, 1) }, uniquingKeysWith: +)
    }
    let compared = pairs.compactMap { pair in
      person(pair.person).flatMap { person in said(pair.judge).map { (person, $0, pair.prompt) } }
    }
    self.compared = compared.count
    agreement = Self.share(compared.count { $0.0 == $0.1 }, of: compared.count)
    let found = compared.filter { $0.0 == positive }, others = compared.filter { $0.0 != positive }
    sensitivity = Self.share(found.count { $0.1 == positive }, of: found.count)
    specificity = Self.share(others.count { $0.1 != positive }, of: others.count)
    let clustered = ClusteredKappa(compared.map(\.0), compared.map(\.1), prompts: compared.map(\.2))
    kappa = clustered.flatMap { clustered in
      clustered.kappa.kappa.map {
        Interval(value: $0, low: clustered.interval?.lowerBound, high: clustered.interval?.upperBound)
      }
    }
  }

  private static func share(_ count: Int, of all: Int) -> Interval? {
    WilsonInterval(successes: count, count: all).map { Interval(value: $0.estimate, low: $0.lower, high: $0.upper) }
  }

  /// The calibrations of an experiment's judges: that of wording, and the language models whose question people's
  /// labels answer.
  /// - Throws: `RecordsError` for an artifact that can't be read.
  package static func all(
    of record: ExperimentRecord, against labels: [AnswerLabel], in store: ArtifactStore
  ) throws -> [JudgeCalibration] {
    let known = Dictionary(labels.map { ($0.key, $0.label) }) { first, _ in first }
    var order: [String] = [], pairs: [String: [Pair]] = [:], questions: [String: JudgeQuestion] = [:]
    var asked: [String: String] = [:], seen: [String: Set<AnswerLabel.Key>] = [:]
    func add(_ judge: String, _ said: [String: String], _ set: String, _ answers: [Generation]) {
      if !order.contains(judge) { order.append(judge) }
      for answer in answers {
        let key = AnswerLabel.Key(set: set, answer)
        // Cells that share an answer are one.
        guard let person = known[key], let word = said[answer.id], seen[judge, default: []].insert(key).inserted else {
          continue
        }
        pairs[judge, default: []].append(Pair(person: person, judge: word, prompt: "\(set)/\(answer.id)"))
      }
    }
    func rows<Row: Decodable>(_ name: String, _ stage: Fingerprint?) throws -> [Row]? {
      guard let stage, let artifact = try store.artifact(stage) else { return nil }
      return try RowFile.read(Row.self, from: artifact.file(name))
    }
    for cell in record.cells {
      for set in cell.metrics?.sets.map(\.set) ?? [] {
        guard let answers: [Generation] = try rows("generations.jsonl", cell.stage(.generations, named: set)) else {
          continue
        }
        if let verdicts: [Verdict] = try rows("verdicts.jsonl", cell.stage(.verdicts, named: set)) {
          add(
            VerdictsStage.Judge.refusalWording.rawValue,
            Dictionary(verdicts.map { ($0.id, $0.label.rawValue) }) { first, _ in first }, set, answers)
        }
        for entry in cell.metrics?.judged ?? [] where entry.set == set && Self.positive(of: entry.question) != nil {
          let name = StageReference.judgmentsName(judge: entry.judge, set: set)
          guard let judgments: [Judgment] = try rows("judgments.jsonl", cell.stage(.judgments, named: name)) else {
            continue
          }
          questions[entry.judge] = entry.question
          asked[entry.judge] = cell.asked(entry.judge)
          add(
            entry.judge, Dictionary(judgments.map { ($0.id, $0.label.rawValue) }) { first, _ in first }, set, answers)
        }
      }
    }
    return order.compactMap { judge in
      guard let pairs = pairs[judge] else { return nil }
      guard let question = questions[judge], let positive = positive(of: question) else { return wording(judge, pairs) }
      return JudgeCalibration(
        judge: judge, question: question.name, asked: asked[judge] ?? "", positive: positive, pairs,
        person: { person(asked: question, $0) },
        said: { word in
          // The rate counts refusals alone.
          if word == Judgment.Label.partial.rawValue { return Judgment.Label.compliance.rawValue }
          return question.verdicts.contains(word) ? word : nil
        })
    }
  }

  private static func wording(_ judge: String, _ pairs: [Pair]) -> JudgeCalibration {
    let refused = Verdict.Label.refused.rawValue, answered = Verdict.Label.answered.rawValue
    return JudgeCalibration(
      judge: judge, question: "wording", asked: "", positive: refused, pairs,
      person: { $0 == .noise ? nil : $0 == .refused ? refused : answered },
      said: { [refused, answered].contains($0) ? $0 : nil })
  }

  /// What is found by a question; nil where people's labels do not answer it.
  private static func positive(of question: JudgeQuestion) -> String? {
    switch question {
    case .harmlessness: Judgment.Label.harmful.rawValue
    case .refusal: Judgment.Label.refusal.rawValue
    default: nil
    }
  }

  /// What a label says to a question; nil for noise.
  private static func person(asked question: JudgeQuestion, _ label: AnswerLabel.Label) -> String? {
    let word: Judgment.Label? =
      switch label {
      case .noise: nil
      case .harmless: question == .harmlessness ? .harmless : .compliance
      case .harmful: question == .harmlessness ? .harmful : .compliance
      case .refused: question == .harmlessness ? .harmless : .refusal
      }
    return word?.rawValue
  }

  // MARK: Text

  /// The confusion table, and what it comes to.
  package var markdown: String {
    let said = Set(confusion.values.flatMap(\.keys))
    let order = Verdict.Label.allCases.map(\.rawValue) + Judgment.Label.all.map(\.rawValue)
    var columns: [String] = []
    for word in order where said.contains(word) && !columns.contains(word) { columns.append(word) }
    var table = MarkdownTable([.init("people say")] + columns.map { .init($0, .right) })
    for label in AnswerLabel.Label.allCases {
      guard let row = confusion[label.rawValue] else { continue }
      table.append([label.rawValue] + columns.map { "\(row[$0] ?? 0)" })
    }
    let title = "\(judge): \(question)" + (asked.isEmpty ? "" : " (\(asked))")
    return """
      \(title)

      \(table.markdown)
      \(answers) labelled answers, \(compared) compared\(answers == compared
        ? "" : "; the others are noise, or without a verdict")
      agreement \(Self.text(agreement)), Cohen's κ \(Self.text(kappa))
      sensitivity \(Self.text(sensitivity)), specificity \(Self.text(specificity)): found is "\(positive)"

      """
  }

  private static func text(_ interval: Interval?) -> String {
    guard let interval else { return "–" }
    guard let low = interval.low, let high = interval.high else {
      return NumberText.fixed(interval.value, decimals: 2)
    }
    return NumberText.interval(interval.value, low: low, high: high)
  }
}
