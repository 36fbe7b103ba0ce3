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
  func replies(to texts: [String]) throws -> [Reply] {
    let conversation = model.conversation
    return try answers(
      to: texts.map { conversation.openingTurn(instruction: $0) }, behind: conversation.opening
    ).map(reply)
  }

  private func reply(_ answer: GeneratedAnswer?) -> Reply {
    guard let answer else { return Reply(text: "", finish: Self.tooLong) }
    return Reply(text: model.tokenizer.decode(answer.tokens), finish: answer.ended ? nil : "length")
  }

  /// Why there is no reply where the model has no room for the question.
  static let tooLong = "too long"

  /// Which of some turns leave room for a reply.
  private func fitting(_ turns: [[Int]], behind prefix: [Int], reply length: Int) -> [Int] {
    turns.indices.filter { prefix.count + turns[$0].count + length <= model.model.positionLimit }
  }

  /// Which verdict the model holds likeliest, and that verdict's share of the probability of all.
  struct Choice {
    var verdict: String
    var share: Double
  }

  /// The likeliest verdicts of some templates, in their order: each verdict is scored as the whole reply. Of equals the first
  /// counts; nil for a template that the model has no room for.
  func choices(among templates: [JudgeTemplate]) throws -> [Choice?] {
    let conversation = model.conversation
    let verdicts = templates.map { template in
      template.question.verdicts.map {
        model.tokenizer.encode(JudgeTemplate.tagged($0), special: .asText, continuing: true)
      }
    }
    let turns = templates.map { conversation.openingTurn(instruction: $0.choice) }
    let longest = verdicts.joined().map(\.count).max() ?? 0
    let asked = fitting(turns, behind: conversation.opening, reply: longest)
    let scorer = try ContinuationScorer(
      streams: [GenerationStream(model: model.model, prompt: try model.model.embed(conversation.opening))],
      rule: LinearRule.single)
    let requests = asked.flatMap { index in
      verdicts[index].map { ContinuationRequest(turns: [turns[index]], continuation: $0) }
    }
    let scores = try scorer.scores(
      of: requests,
      onProgress: { done in
        try Interruption.check()
        workspace.progress.update(done: done, of: requests.count, unit: "verdicts")
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
  func replies(to conversations: [String], in format: LlamaGuard) throws -> [GuardReply] {
    let lead = model.conversation.openingText(format.head), prefix = model.conversation.opening + lead
    let turns = conversations.map { model.conversation.openingTurn(instruction: $0, after: lead) }
    let answers = try answers(to: turns, behind: prefix)
    // The verdict is the first token that is not white space: 8B begins with an empty line.
    let places = answers.map { answer in
      answer?.tokens.indices.first { place in
        model.tokenizer.decode([answer?.tokens[place] ?? 0]).contains { !$0.isWhitespace }
      }
    }
    let asked = answers.indices.filter { places[$0] != nil }
    let scorer = try ContinuationScorer(
      streams: [GenerationStream(model: model.model, prompt: try model.model.embed(prefix))], rule: LinearRule.single)
    let scores = try scorer.scores(
      of: asked.map { index in
        ContinuationRequest(
          turns: [turns[index]], continuation: Array((answers[index]?.tokens ?? []).prefix((places[index] ?? 0) + 1)))
      }, onProgress: { _ in try Interruption.check() })
    var replies = answers.map(reply).map { GuardReply(text: $0.text, finish: $0.finish, probability: nil) }
    for (index, score) in zip(asked, scores) {
      replies[index].probability = score.logProbabilities.last.map { exp($0) }
    }
    return replies
  }

  /// The answers, in the turns' order; nil for a turn that the model has no room for.
  private func answers(to turns: [[Int]], behind prefix: [Int]) throws -> [GeneratedAnswer?] {
    let asked = fitting(turns, behind: prefix, reply: maximumTokens)
    var answers = [GeneratedAnswer?](repeating: nil, count: turns.count)
    guard !asked.isEmpty else { return answers }
    var generator = try Generator(
      model: model.model, prompts: [model.model.embed(prefix)], rule: LinearRule.single, sampler: .greedy, seed: 0,
      maximumTokens: maximumTokens, stopTokens: model.conversation.stopTokens)
    let longest = (asked.map { turns[$0].count }.max() ?? 0) + maximumTokens
    generator.batchSize = try MemoryGuard().sequences(upTo: 32, each: model.model.sequenceBytes(positions: longest))
    let made = try generator.answers(
      to: asked.map { GenerationRequest(turn: turns[$0], sample: $0) },
      onProgress: { progress in
        try Interruption.check()
        workspace.progress.update(
          done: progress.answers, of: progress.total, unit: "judgments", work: (progress.tokens, "tokens"))
      })
    for (index, answer) in zip(asked, made) { answers[index] = answer }
    return answers
  }
}
