import Evaluation
import Experiments
import Foundation
import Records

/// What one language model says of one cell's answers to one evaluation set.
struct JudgmentsStage {
  let set: EvaluationSet
  let judge: JudgeSettings
  let stage: Stage
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let generations = try workspace.generations(stage.input("generations"))
    let verdicts = try workspace.verdicts(stage.input("verdicts"))
    let isNoise = Dictionary(verdicts.map { ($0.id, $0.label == .degenerate) }) { first, _ in first }
    let judgments: [Judgment]
    if case .local(_, let format, _) = judge.source, format == .llamaGuard || format == .smallLlamaGuard {
      judgments = try guarded(generations, LlamaGuard(isSmall: format == .smallLlamaGuard)) { isNoise[$0] == true }
    } else if judge.question == .preference {
      judgments = try preferences(generations)
    } else {
      judgments = try opinions(generations) { isNoise[$0] == true }
    }
    try RowFile.write(judgments, to: folder.appendingPathComponent("judgments.jsonl"))
    return [
      "judgments": Double(judgments.count), "unparsed": Double(judgments.count { $0.label == .unparsed }),
    ]
  }

  /// Each answer by itself. Noise is not asked about: it is neither, whatever a judge would say.
  private func opinions(_ answers: [Generation], isNoise: (String) -> Bool) throws -> [Judgment] {
    let known = try judge.question == .truthfulness ? instructions() : [:]
    let asked = answers.filter { !isNoise($0.id) }
    let templates = try asked.map { answer -> JudgeTemplate in
      switch judge.question {
      case .harmlessness: return .harmlessness(instruction: answer.instruction, answer: answer.text)
      case .refusal: return .refusal(instruction: answer.instruction, answer: answer.text)
      case .truthfulness, .preference:
        guard let correct = known[answer.id]?.correct, let incorrect = known[answer.id]?.incorrect else {
          throw missing("true and false answers", for: answer, "truthfulqa")
        }
        return .truthfulness(
          instruction: answer.instruction, answer: answer.text, correct: correct, incorrect: incorrect)
      }
    }
    var labels: [String: Judgment] = [:]
    for (answer, reply) in zip(asked, try replies(to: templates)) {
      let verdict = reply.verdict.flatMap(Judgment.Label.init(rawValue:))
      labels[answer.id] = Judgment(
        id: answer.id, label: verdict ?? .unparsed, replies: [reply.text], probability: reply.probability,
        finish: reply.finish, servedBy: reply.servedBy)
    }
    return answers.map { labels[$0.id] ?? Judgment(id: $0.id, label: .degenerate, replies: []) }
  }

  /// Each answer beside its opponent, in both orders. Equal texts are a tie that nobody need be asked about.
  private func preferences(_ answers: [Generation]) throws -> [Judgment] {
    let opponents = try opponents(of: answers)
    let asked = answers.indices.filter { answers[$0].text != opponents[$0] }
    let templates = asked.flatMap { index in
      let answer = answers[index]
      return [(answer.text, opponents[index]), (opponents[index], answer.text)].map {
        JudgeTemplate.preference(instruction: answer.instruction, first: $0.0, second: $0.1)
      }
    }
    let replies = try replies(to: templates)
    var judgments = answers.map { Judgment(id: $0.id, label: .tie, replies: []) }
    for (place, index) in asked.enumerated() {
      let pair = Array(replies[(2 * place)..<(2 * place + 2)])
      let verdict = PairVerdict(answerFirst: pair[0].verdict, answerSecond: pair[1].verdict)
      judgments[index] = Judgment(
        id: answers[index].id, label: verdict.flatMap { Judgment.Label(rawValue: $0.rawValue) } ?? .unparsed,
        replies: pair.map(\.text), finish: pair.compactMap(\.finish).first,
        servedBy: pair.compactMap(\.servedBy).first)
    }
    return judgments
  }

  private func opponents(of answers: [Generation]) throws -> [String] {
    switch judge.against {
    case .baseline:
      let others = try workspace.generations(stage.input("opponent"))
      let texts = Dictionary(others.map { ($0.id, $0.text) }) { first, _ in first }
      return try answers.map { answer in
        guard let text = texts[answer.id] else { throw missing("answer of the baseline's", for: answer, nil) }
        return text
      }
    case .reference:
      let known = try instructions()
      return try answers.map { answer in
        guard let text = known[answer.id]?.reference else {
          throw missing("reference answer", for: answer, "alpacaeval")
        }
        return text
      }
    }
  }

  private func guarded(
    _ answers: [Generation], _ format: LlamaGuard, isNoise: (String) -> Bool
  ) throws -> [Judgment] {
    guard case .local(let name, _, let template) = judge.source else { return [] }
    let local = LocalJudge(
      model: try workspace.model(name, template: template), maximumTokens: judge.maximumTokens, workspace: workspace)
    let asked = answers.filter { !isNoise($0.id) }
    let replies = try local.replies(
      to: asked.map { format.conversation(instruction: $0.instruction, answer: $0.text) }, in: format)
    var judgments: [String: Judgment] = [:]
    for (answer, reply) in zip(asked, replies) {
      let assessment = format.assessment(in: reply.text)
      judgments[answer.id] = Judgment(
        id: answer.id, label: assessment.map { $0.isSafe ? .harmless : .harmful } ?? .unparsed, replies: [reply.text],
        probability: reply.probability, categories: assessment?.categories, finish: reply.finish)
    }
    return answers.map { judgments[$0.id] ?? Judgment(id: $0.id, label: .degenerate, replies: []) }
  }

  /// What a judge says to one template.
  private struct Reply {
    var text: String
    var verdict: String?
    var probability: Double?
    var finish: String?
    var servedBy: String?
  }

  private func replies(to templates: [JudgeTemplate]) throws -> [Reply] {
    guard !templates.isEmpty else { return [] }
    switch judge.source {
    case .local(let name, let format, let chatTemplate):
      let local = LocalJudge(
        model: try workspace.model(name, template: chatTemplate), maximumTokens: judge.maximumTokens,
        workspace: workspace)
      if format == .choice {
        return try local.choices(among: templates).map { choice in
          guard let choice else { return Reply(text: "", finish: LocalJudge.tooLong) }
          return Reply(
            text: JudgeTemplate.tagged(choice.verdict), verdict: choice.verdict, probability: choice.share)
        }
      }
      return zip(templates, try local.replies(to: templates.map(\.text))).map {
        Reply(text: $1.text, verdict: $0.question.verdict(in: $1.text), finish: $1.finish)
      }
    case .endpoint(let endpoint):
      let replies = try EndpointJudge(settings: endpoint, maximumTokens: judge.maximumTokens, workspace: workspace)
        .replies(to: templates.map(\.text))
      return zip(templates, replies).map {
        Reply(
          text: $1.text, verdict: $0.question.verdict(in: $1.text), finish: $1.finish == "stop" ? nil : $1.finish,
          servedBy: $1.model)
      }
    }
  }

  private func instructions() throws -> [String: Instruction] {
    Dictionary(try workspace.instructions(of: set).map { ($0.id, $0) }) { first, _ in first }
  }

  private func missing(_ what: String, for answer: Generation, _ example: String?) -> WorkbenchError {
    .malformed(
      path: set.name, place: answer.id, found: "no \(what)",
      expected:
        "a set that has them\(example.map { ", such as the benchmark \($0)," } ?? "") for the judge \(judge.name)")
  }
}
