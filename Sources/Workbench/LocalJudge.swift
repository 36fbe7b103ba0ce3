import Decoding
import Evaluation
import Experiments
import Foundation
import LanguageModel
import Tokenization

/// A model of this engine that judges: greedily, and without a system message.
///
/// What it judges is encoded as text, so no control token can come from it.
struct LocalJudge {
  let model: LoadedModel
  let maximumTokens: Int
  let workspace: Workspace

  /// A reply in Llama Guard's format.
  struct GuardReply {
    var text: String
    /// The probability of the verdict's first token; nil for an empty reply.
    var probability: Double?
  }

  /// The replies to some texts, each as a conversation of its own, in their order.
  func replies(to texts: [String]) throws -> [String] {
    let conversation = model.conversation
    return try answers(
      to: texts.map { conversation.openingTurn(instruction: $0) }, behind: conversation.opening
    ).map { model.tokenizer.decode($0.tokens) }
  }

  /// Which verdict the model holds likeliest, and that verdict's share of the probability of all.
  struct Choice {
    var verdict: String
    var share: Double
  }

  /// The likeliest verdicts of some templates, in their order: each verdict is scored as the whole reply. Of equals the first
  /// counts.
  func choices(among templates: [JudgeTemplate]) throws -> [Choice] {
    let conversation = model.conversation
    let scorer = try ContinuationScorer(
      streams: [GenerationStream(model: model.model, prompt: try model.model.embed(conversation.opening))],
      rule: LinearRule.single)
    let requests = templates.flatMap { template in
      let turn = conversation.openingTurn(instruction: template.choice)
      return template.question.verdicts.map { verdict in
        ContinuationRequest(
          turns: [turn],
          continuation: model.tokenizer.encode(JudgeTemplate.tagged(verdict), special: .asText, continuing: true))
      }
    }
    let scores = try scorer.scores(
      of: requests,
      onProgress: { done in
        try Interruption.check()
        workspace.progress.update(done: done, of: requests.count, unit: "verdicts")
      })
    var sums = scores.map { $0.logProbabilities.reduce(0, +) }[...]
    return templates.map { template in
      let verdicts = template.question.verdicts, own = Array(sums.prefix(verdicts.count))
      sums = sums.dropFirst(verdicts.count)
      let largest = own.max() ?? 0, best = own.firstIndex(of: largest) ?? 0
      return Choice(
        verdict: verdicts[best], share: 1 / own.reduce(0) { $0 + exp($1 - largest) })
    }
  }

  /// The replies to conversations in Llama Guard's format, in their order.
  func replies(to conversations: [String], in format: LlamaGuard) throws -> [GuardReply] {
    let lead = model.conversation.openingText(format.head), prefix = model.conversation.opening + lead
    let turns = conversations.map { model.conversation.openingTurn(instruction: $0, after: lead) }
    let answers = try answers(to: turns, behind: prefix)
    // The verdict is the first token that is not white space: 8B begins with an empty line.
    let places = answers.map { answer in
      answer.tokens.indices.first { place in
        model.tokenizer.decode([answer.tokens[place]]).contains { !$0.isWhitespace }
      }
    }
    let asked = answers.indices.filter { places[$0] != nil }
    let scorer = try ContinuationScorer(
      streams: [GenerationStream(model: model.model, prompt: try model.model.embed(prefix))], rule: LinearRule.single)
    let scores = try scorer.scores(
      of: asked.map { index in
        ContinuationRequest(
          turns: [turns[index]], continuation: Array(answers[index].tokens.prefix((places[index] ?? 0) + 1)))
      }, onProgress: { _ in try Interruption.check() })
    var replies = answers.map { GuardReply(text: model.tokenizer.decode($0.tokens), probability: nil) }
    for (index, score) in zip(asked, scores) {
      replies[index].probability = score.logProbabilities.last.map { exp($0) }
    }
    return replies
  }

  private func answers(to turns: [[Int]], behind prefix: [Int]) throws -> [GeneratedAnswer] {
    var generator = try Generator(
      model: model.model, prompts: [model.model.embed(prefix)], rule: LinearRule.single, sampler: .greedy, seed: 0,
      maximumTokens: maximumTokens, stopTokens: model.conversation.stopTokens)
    generator.batchSize = 32
    return try generator.answers(
      to: turns.enumerated().map { GenerationRequest(turn: $1, sample: $0) },
      onProgress: { progress in
        try Interruption.check()
        workspace.progress.update(
          done: progress.answers, of: progress.total, unit: "judgments", work: (progress.tokens, "tokens"))
      })
  }
}
