import EngineContract
import Evaluation
import Foundation
import Stages
import Tokenization

/// A model of this machine that judges: greedily, and without a system message.
///
/// What it judges is encoded as text, so no control token can come from it.
struct LocalJudge {
  let engine: any Engine
  let maximumTokens: Int

  /// How many sequences are worked on at a time, where memory lets it.
  private static let batchSize = 32

  /// A reply.
  struct Reply {
    var text: String
    /// Why it did not end by itself: `length`, or `too long` where there is no room for the question.
    var finish: String?
  }

  /// A reply in Llama Guard's format.
  struct GuardReply {
    var text: String
    var finish: String?
    /// The probability of the verdict's first token; nil for an empty reply.
    var probability: Double?
  }

  /// The replies to some texts, each as a conversation of its own, in their order.
  func replies(to texts: [String], in context: some StageContext) throws -> [Reply] {
    let frame = try engine.conversation.frame(.absent)
    return try answers(to: texts.map { try frame.turn($0) }, behind: frame.beforePrompt, in: context).map(reply)
  }

  private func reply(_ answer: GeneratedAnswer?) -> Reply {
    guard let answer else { return Reply(text: "", finish: Self.tooLong) }
    return Reply(text: engine.tokenizer.decode(answer.tokens), finish: answer.ended ? nil : "length")
  }

  /// Why there is no reply where the model has no room for the question.
  static let tooLong = "too long"

  /// Which of some turns leave room for a reply.
  private func fitting(_ turns: [[Int]], behind prefix: [Int], reply length: Int) -> [Int] {
    turns.indices.filter { prefix.count + turns[$0].count + length <= engine.dimensions.positionLimit }
  }

  /// Which verdict the model holds likeliest, and that verdict's share of the probability of all.
  struct Choice {
    var verdict: String
    var share: Double
  }

  /// The likeliest verdicts of some templates, in their order: each verdict is scored as the whole reply. Of equals the
  /// first counts; nil for a template that the model has no room for.
  func choices(among templates: [JudgeTemplate], in context: some StageContext) throws -> [Choice?] {
    let frame = try engine.conversation.frame(.absent)
    let verdicts = try templates.map { template in
      try template.question.verdicts.map {
        try engine.tokenizer.encode(JudgeTemplate.tagged($0), special: .asText, continuing: true)
      }
    }
    let turns = try templates.map { try frame.turn($0.choice) }
    let longest = verdicts.joined().map(\.count).max() ?? 0
    let asked = fitting(turns, behind: frame.beforePrompt, reply: longest)
    let requests = asked.flatMap { index in
      verdicts[index].map { ContinuationRequest(turns: [turns[index]], continuation: $0) }
    }
    let scores = try engine.scores(
      of: requests, under: MethodSetup(frame.prompt()), reference: nil,
      onProgress: { done in
        try context.checkCancellation()
        context.report(StageProgress(done, of: requests.count, unit: "verdicts"))
      })
    var sums = scores.map { $0.logProbabilities.reduce(0, +) }[...]
    var choices = [Choice?](repeating: nil, count: templates.count)
    for index in asked {
      let words = templates[index].question.verdicts, own = Array(sums.prefix(words.count))
      sums = sums.dropFirst(words.count)
      let largest = own.max() ?? 0, best = own.firstIndex(of: largest) ?? 0
      choices[index] = Choice(verdict: words[best], share: 1 / own.reduce(0) { $0 + exp($1 - largest) })
    }
    return choices
  }

  /// The replies to conversations in Llama Guard's format, in their order.
  func replies(
    to conversations: [String], as format: LlamaGuard, in context: some StageContext
  ) throws -> [GuardReply] {
    let frame = try engine.conversation.frame(.absent, lead: format.head)
    return try guardReplies(to: conversations.map { try frame.turn($0) }, behind: frame.beforePrompt, in: context)
  }

  /// The replies to turns in the format of a guard, with the probability of the verdict's first token, in their order.
  func guardReplies(
    to turns: [[Int]], behind prefix: [Int], in context: some StageContext
  ) throws -> [GuardReply] {
    let answers = try answers(to: turns, behind: prefix, in: context)
    // The verdict is the first token that is not white space: 8B begins with an empty line.
    let verdicts = answers.map { answer -> ArraySlice<Int>? in
      guard let tokens = answer?.tokens else { return nil }
      let place = tokens.firstIndex { engine.tokenizer.decode([$0]).contains { !$0.isWhitespace } }
      return place.map { tokens[...$0] }
    }
    let asked = verdicts.indices.filter { verdicts[$0] != nil }
    let scores = try engine.scores(
      of: asked.map { ContinuationRequest(turns: [turns[$0]], continuation: Array(verdicts[$0] ?? [])) },
      under: MethodSetup([.tokens(prefix)]), reference: nil, onProgress: { _ in try context.checkCancellation() })
    var replies = answers.map(reply).map { GuardReply(text: $0.text, finish: $0.finish, probability: nil) }
    for (index, score) in zip(asked, scores) {
      replies[index].probability = score.logProbabilities.last.map { exp($0) }
    }
    return replies
  }

  /// The shares of some words, each scored as the whole reply, in the turns' order; nil for a turn that the model has
  /// no room for.
  func shares(
    of words: [String], to turns: [[Int]], behind prefix: [Int], in context: some StageContext
  ) throws -> [[Double]?] {
    let continuations = try words.map { try engine.tokenizer.encode($0, special: .asText, continuing: true) }
    let asked = fitting(turns, behind: prefix, reply: continuations.map(\.count).max() ?? 0)
    let requests = asked.flatMap { index in
      continuations.map { ContinuationRequest(turns: [turns[index]], continuation: $0) }
    }
    let scores = try engine.scores(
      of: requests, under: MethodSetup([.tokens(prefix)]), reference: nil,
      onProgress: { done in
        try context.checkCancellation()
        context.report(StageProgress(done, of: requests.count, unit: "verdicts"))
      })
    let sums = scores.map { $0.logProbabilities.reduce(0, +) }
    var shares = [[Double]?](repeating: nil, count: turns.count)
    for (place, index) in asked.enumerated() {
      let own = sums[(place * words.count)..<((place + 1) * words.count)]
      let largest = own.max() ?? 0, weights = own.map { exp($0 - largest) }, total = weights.reduce(0, +)
      shares[index] = weights.map { $0 / total }
    }
    return shares
  }

  /// The answers, in the turns' order; nil for a turn that the model has no room for.
  private func answers(
    to turns: [[Int]], behind prefix: [Int], in context: some StageContext
  ) throws -> [GeneratedAnswer?] {
    let asked = fitting(turns, behind: prefix, reply: maximumTokens)
    var answers = [GeneratedAnswer?](repeating: nil, count: turns.count)
    guard !asked.isEmpty else { return answers }
    let made = try engine.answers(
      to: asked.map { GenerationRequest(turn: turns[$0], sample: $0) }, under: MethodSetup([.tokens(prefix)]),
      sampling: .greedy(maximumTokens: maximumTokens, batchSize: Self.batchSize),
      watch: GenerationWatch(onProgress: { progress in
        try context.checkCancellation()
        context.report(
          StageProgress(progress.answers, of: progress.total, unit: "judgments", tokens: progress.tokens))
      }))
    for (index, answer) in zip(asked, made) { answers[index] = answer }
    return answers
  }
}
