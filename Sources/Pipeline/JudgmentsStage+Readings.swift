import EngineContract
import Evaluation
import Stages
import Tokenization

/// Judges that are asked as their authors trained them, and whose replies have a form of their own.
extension JudgmentsStage {
  /// What a judge says of an exchange.
  private struct Said {
    var text = ""
    /// What that means; nil where it holds no verdict.
    var reading: JudgeReading?
    var probability: Double?
    var finish: String?
    var servedBy: String?
  }

  /// Each answer by itself, what stands behind its thinking. Noise is not asked about.
  func readings(
    of answers: [Generation], _ notAsked: [String: Judgment.Label], in context: some StageContext
  ) throws -> [Judgment] {
    guard let format = parameters.format else { throw PipelineError.unhashed("judge's format") }
    let asked = answers.filter { notAsked[$0.id] == nil }
    var judgments: [String: Judgment] = [:]
    if !asked.isEmpty {
      for (answer, said) in zip(asked, try said(of: asked, as: format, in: context)) {
        let categories = said.reading?.categories ?? []
        judgments[answer.id] = Judgment(
          id: answer.id, label: said.reading?.labels[parameters.question] ?? .unparsed,
          replies: said.text.isEmpty && said.reading != nil ? [] : [said.text], probability: said.probability,
          categories: categories.isEmpty ? nil : categories, finish: said.finish, servedBy: said.servedBy,
          score: said.reading?.score)
      }
    }
    return answers.map { judgments[$0.id] ?? Judgment(id: $0.id, label: notAsked[$0.id] ?? .degenerate, replies: []) }
  }

  private func said(
    of answers: [Generation], as format: JudgeFormat, in context: some StageContext
  ) throws -> [Said] {
    let prompt = try inputs.prompt.map { try JudgePrompt(context.file($0), for: format) }
    guard let judge = try localJudge(in: context) else {
      return try served(answers, prompt, as: format, in: context)
    }
    let exchanges = answers.map { answer in
      (instruction: JudgedText.sanitized(answer.instruction), answer: JudgedText.sanitized(answer.said ?? ""))
    }
    let prefix: [Int], turns: [[Int]]
    if case .file(_, _, isWhole: false) = format.asking, let prompt {
      let frame = try judge.engine.conversation.frame(.absent)
      prefix = frame.beforePrompt
      turns = try answers.map { try frame.turn(prompt.text(instruction: $0.instruction, answer: $0.said ?? "")) }
    } else {
      let conversation = judge.engine.conversation
      let frame =
        try prompt.map { try conversation.exchangeFrame(of: $0.parts.map(ExchangeFrame.Part.init)) }
        ?? conversation.exchangeFrame()
      prefix = frame.beforePrompt
      turns = try exchanges.map { try frame.turn(instruction: $0.instruction, answer: $0.answer) }
    }
    if let scale = format.scale {
      return try judge.shares(of: scale, to: turns, behind: prefix, in: context).map { shares in
        guard let shares else { return Said(finish: LocalJudge.tooLong) }
        let score = shares.enumerated().reduce(0) { $0 + Double($1.offset) * $1.element } / Double(scale.count - 1)
        return Said(reading: JudgeReading(score: score))
      }
    }
    return try judge.guardReplies(to: turns, behind: prefix, in: context).map { reply in
      Said(
        text: reply.text, reading: format.read(reply.text), probability: reply.probability, finish: reply.finish)
    }
  }

  private func served(
    _ answers: [Generation], _ prompt: JudgePrompt?, as format: JudgeFormat, in context: some StageContext
  ) throws -> [Said] {
    guard let endpoint = parameters.endpoint else { throw PipelineError.unhashed("judge") }
    let conversations = answers.map { answer -> [ConversationMessage] in
      guard let prompt else { return .exchange(instruction: answer.instruction, answer: answer.said ?? "") }
      return [.user(prompt.text(instruction: answer.instruction, answer: answer.said ?? ""))]
    }
    let replies = try context.replies(
      of: endpoint, to: conversations, maximumTokens: parameters.maximumTokens ?? format.replyLength)
    return replies.map {
      Said(
        text: $0.text, reading: format.read($0.text), finish: $0.finish == "stop" ? nil : $0.finish,
        servedBy: $0.model)
    }
  }
}

extension ExchangeFrame.Part {
  fileprivate init(_ part: JudgePrompt.Part) {
    switch part {
    case .own(let text): self = .own(text)
    case .instruction: self = .instruction
    case .answer: self = .answer
    }
  }
}
