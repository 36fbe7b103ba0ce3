import Evaluation
package import Foundation
import Records
package import Stages

/// What one language model says of one method's answers to one evaluation set.
extension JudgmentsStage: RunnableStage {
  /// Judges the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let answers: [Generation] = try context.rows(GenerationsStage.rows, of: inputs.generations)
    let verdicts: [Verdict] = try context.rows(VerdictsStage.rows, of: inputs.verdicts)
    let notAsked = Dictionary(
      verdicts.compactMap { verdict in
        Judgment.Label(notAsked: verdict.label).map { (verdict.id, $0) }
      }
    ) { first, _ in first }
    let judgments =
      switch parameters.format?.asking {
      case .llamaGuard(let isSmall): try guarded(answers, notAsked, as: LlamaGuard(isSmall: isSmall), in: context)
      case .ownTemplate, .file: try readings(of: answers, notAsked, in: context)
      case .chat, .choice, nil:
        parameters.question.needs == .opponent
          ? try preferences(answers, in: context) : try opinions(answers, notAsked, in: context)
      }
    try RowFile.write(judgments, to: folder.appendingPathComponent(Self.rows))
    return [
      "judgments": Double(judgments.count), "unparsed": Double(judgments.count { $0.label == .unparsed }),
    ]
  }

  /// The file of the judgments in the artifact.
  static let rows = "judgments.jsonl"

  /// Each answer by itself, what stands behind its thinking. Noise is not asked about: it is neither, whatever a judge
  /// would say.
  private func opinions(
    _ answers: [Generation], _ notAsked: [String: Judgment.Label], in context: some StageContext
  ) throws -> [Judgment] {
    let question = parameters.question
    let known = question.needs == .knownAnswers ? try Requests(self, in: context) : nil
    let asked = answers.filter { notAsked[$0.id] == nil }
    let templates = try asked.map { answer -> JudgeTemplate in
      guard let known else {
        return JudgeTemplate(question, instruction: answer.instruction, answer: answer.said ?? "")
      }
      let (correct, incorrect) = try known.knownAnswers(to: answer)
      return JudgeTemplate(
        question, instruction: answer.instruction, answer: answer.said ?? "", correct: correct, incorrect: incorrect)
    }
    var labels: [String: Judgment] = [:]
    for (answer, reply) in zip(asked, try replies(to: templates, in: context)) {
      labels[answer.id] = Judgment(
        id: answer.id, label: reply.verdict.map(Judgment.Label.init(rawValue:)) ?? .unparsed, replies: [reply.text],
        probability: reply.probability, finish: reply.finish, servedBy: reply.servedBy)
    }
    return answers.map { labels[$0.id] ?? Judgment(id: $0.id, label: notAsked[$0.id] ?? .degenerate, replies: []) }
  }

  /// Each answer beside its opponent, in both orders. Equal texts are a tie that nobody need be asked about.
  private func preferences(_ answers: [Generation], in context: some StageContext) throws -> [Judgment] {
    let opponents = try opponents(of: answers, in: context)
    let said = answers.map { $0.said ?? "" }
    let asked = answers.indices.filter { said[$0] != opponents[$0] }
    let templates = asked.flatMap { index in
      let answer = answers[index]
      return [(said[index], opponents[index]), (opponents[index], said[index])].map {
        JudgeTemplate(parameters.question, instruction: answer.instruction, first: $0.0, second: $0.1)
      }
    }
    let replies = try replies(to: templates, in: context)
    var judgments = answers.map { Judgment(id: $0.id, label: .tie, replies: []) }
    for (place, index) in asked.enumerated() {
      let pair = Array(replies[(2 * place)..<(2 * place + 2)])
      let label = Judgment.Label(
        answerFirst: pair[0].verdict, answerSecond: pair[1].verdict, of: parameters.question)
      judgments[index] = Judgment(
        id: answers[index].id, label: label ?? .unparsed, replies: pair.map(\.text),
        finish: pair.compactMap(\.finish).first, servedBy: pair.compactMap(\.servedBy).first)
    }
    return judgments
  }

  private func opponents(of answers: [Generation], in context: some StageContext) throws -> [String] {
    if let opponent = inputs.opponent {
      let others: [Generation] = try context.rows(GenerationsStage.rows, of: opponent)
      let texts = Dictionary(others.map { ($0.id, $0.said ?? "") }) { first, _ in first }
      return try answers.map { answer in
        guard let text = texts[answer.id] ?? texts[answer.requestID] else {
          throw PipelineError.damaged(
            StageReference(kind: .generations, name: "", fingerprint: opponent.fingerprint))
        }
        return text
      }
    }
    let known = try Requests(self, in: context)
    return try answers.map(known.reference(to:))
  }

  private func guarded(
    _ answers: [Generation], _ notAsked: [String: Judgment.Label], as format: LlamaGuard, in context: some StageContext
  ) throws -> [Judgment] {
    guard let judge = try localJudge(in: context) else { throw PipelineError.unhashed("judge") }
    let asked = answers.filter { notAsked[$0.id] == nil }
    let replies = try judge.replies(
      to: asked.map { format.conversation(instruction: $0.instruction, answer: $0.said ?? "") }, as: format, in: context
    )
    var judgments: [String: Judgment] = [:]
    for (answer, reply) in zip(asked, replies) {
      let assessment = format.assessment(in: reply.text)
      judgments[answer.id] = Judgment(
        id: answer.id, label: assessment.map { $0.isSafe ? .harmless : .harmful } ?? .unparsed, replies: [reply.text],
        probability: reply.probability, categories: assessment?.categories, finish: reply.finish)
    }
    return answers.map { judgments[$0.id] ?? Judgment(id: $0.id, label: notAsked[$0.id] ?? .degenerate, replies: []) }
  }

  // MARK: Asking

  /// What a judge says to one template.
  private struct Reply {
    var text: String
    var verdict: String?
    var probability: Double?
    var finish: String?
    var servedBy: String?
  }

  func localJudge(in context: some StageContext) throws -> LocalJudge? {
    try inputs.localJudge.map {
      LocalJudge(engine: try context.engine($0, precision: nil), maximumTokens: parameters.maximumTokens ?? 0)
    }
  }

  private func replies(to templates: [JudgeTemplate], in context: some StageContext) throws -> [Reply] {
    guard !templates.isEmpty else { return [] }
    if let endpoint = parameters.endpoint {
      let replies = try context.replies(
        of: endpoint, to: templates.map { [.user($0.text)] }, maximumTokens: parameters.maximumTokens ?? 0)
      return zip(templates, replies).map {
        Reply(
          text: $1.text, verdict: $0.question.verdict(in: $1.text), finish: $1.finish == "stop" ? nil : $1.finish,
          servedBy: $1.model)
      }
    }
    guard let judge = try localJudge(in: context) else { throw PipelineError.unhashed("judge") }
    if parameters.format == .choice {
      return try judge.choices(among: templates, in: context).map { choice in
        guard let choice else { return Reply(text: "", finish: LocalJudge.tooLong) }
        return Reply(
          text: JudgeTemplate.tagged(choice.verdict), verdict: choice.verdict, probability: choice.share)
      }
    }
    return zip(templates, try judge.replies(to: templates.map(\.text), in: context)).map {
      Reply(text: $1.text, verdict: $0.question.verdict(in: $1.text), finish: $1.finish)
    }
  }
}

/// What stands beside the requests in their file.
private struct Requests {
  private let file: SourceFile
  private let known: [String: Instruction]

  init(_ stage: JudgmentsStage, in context: some StageContext) throws {
    guard let reference = stage.inputs.requests, let selection = stage.parameters.requests else {
      throw PipelineError.unhashed("requests")
    }
    file = try context.file(reference)
    known = Dictionary(try file.instructions(selection).map { ($0.id, $0) }) { first, _ in first }
  }

  func knownAnswers(to answer: Generation) throws -> (correct: [String], incorrect: [String]) {
    try file.knownAnswers(of: instruction(of: answer))
  }

  func reference(to answer: Generation) throws -> String { try file.reference(of: instruction(of: answer)) }

  private func instruction(of answer: Generation) -> Instruction {
    known[answer.requestID] ?? Instruction(id: answer.requestID, instruction: answer.instruction)
  }
}
