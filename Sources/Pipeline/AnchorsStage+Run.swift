import EngineContract
import Evaluation
package import Foundation
import Randomness
import Records
package import Stages
import Tokenization

/// The anchor set: each instruction answered by the model under three system prompts (safe, opposite, null), and sorted
/// into D_HR, D_HA and D_S.
///
/// With refusals from wordings, a harmful instruction's answer under the safe prompt is one of the wordings: a small
/// model seldom refuses by itself. Answers that are noise are left out. A harmless instruction that is refused goes to
/// a set of its own, and a wording to each, for the term that makes such refusals unlikely.
extension AnchorsStage: RunnableStage {
  private struct Asked {
    /// The instruction's place among all, harmful ones first.
    var place: Int
    var instruction: Instruction
    var kind: InstructionKind
  }

  /// Makes the pairs.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let prompts = try SystemPrompts(context.file(inputs.systemPrompts))
    let key = "anchors.size"
    let harmful = try context.file(inputs.harmful).instructions(first: parameters.size, key: key)
    let harmless = try context.file(inputs.harmless).instructions(first: parameters.size, key: key)
    let all = (harmful.map { ($0, InstructionKind.harmful) } + harmless.map { ($0, InstructionKind.harmless) })
      .enumerated().map { Asked(place: $0, instruction: $1.0, kind: $1.1) }
    let usesWordings = parameters.refusalSource == .wordings

    var pairs: [AnchorPair] = []
    var dropped = 0, tokens = 0
    let opensThought = ReasonedText.isOpened(by: engine.conversation.responseOpening)
    let judge = try RefusalJudge(adding: context.phrases(inputs.wordings))
    let asked = SystemPromptKind.allCases.map { systemPrompt in
      all.filter { !(usesWordings && systemPrompt == .safe && $0.kind == .harmful) }
    }
    let total = asked.reduce(0) { $0 + $1.count }
    // Of the turns before the one at hand: all answers, those that an earlier run left, and the tokens made now.
    var earlier = (answers: 0, before: 0, tokens: 0)
    for (turn, systemPrompt) in SystemPromptKind.allCases.enumerated() {
      let frame = try engine.conversation.frame(.text(prompts.text(systemPrompt)))
      let requests = try asked[turn].map {
        GenerationRequest(
          turn: try frame.turn($0.instruction.instruction), sample: turn * 1_000_000 + $0.place)
      }
      let method = MethodSetup(frame.prompt())
      for (entry, request) in zip(asked[turn], requests) {
        try engine.checkRoom(
          for: request.turns, under: method, answer: parameters.maximumTokens,
          named: "the anchors' instruction \"\(entry.instruction.id)\"")
      }
      let checkpoint = AnswerCheckpoint(
        in: try context.workFolder, named: "answers-\(systemPrompt.rawValue)", on: context.machine)
      var (before, made) = (requests.count, 0)
      let past = earlier
      let answers = try checkpoint.answers(
        to: requests, by: engine, under: method,
        sampling: AnswerSampling(
          parameters.sampling, seed: UInt64(seed ?? 0), maximumTokens: parameters.maximumTokens),
        onProgress: { progress, found in
          try context.checkCancellation()
          (before, made) = (found, progress.tokens)
          context.report(
            StageProgress(
              past.answers + progress.answers, of: total, startedAt: past.before + found, unit: "answers",
              tokens: past.tokens + made))
        })
      earlier = (earlier.answers + requests.count, earlier.before + before, earlier.tokens + made)
      tokens += answers.reduce(0) { $0 + $1.tokens.count }
      for (entry, answer) in zip(asked[turn], answers) {
        let text = try engine.tokenizer.text(of: answer.tokens)
        let category: AnchorPair.Category
        switch (judge.verdict(on: text, beginsInThought: opensThought).label, entry.kind) {
        case (.refused, .harmful): category = .refused
        case (.answered, .harmful): category = .answered
        case (.answered, .harmless): category = .harmless
        case (.refused, .harmless): category = .harmlessRefused
        case (.degenerate, _), (.noise, _), (.unfinished, _), (.tooLong, _):
          dropped += 1
          continue
        }
        pairs.append(
          AnchorPair(
            id: entry.instruction.id, instruction: entry.instruction.instruction, kind: entry.kind,
            systemPrompt: systemPrompt, answer: text, category: category, source: .sampled, ended: answer.ended))
      }
    }
    pairs += try refusalTexts(for: all, in: context)
    guard !pairs.isEmpty else { throw PipelineError.noAnchors }
    try RowFile.write(pairs, to: folder.appendingPathComponent(Self.rows))
    func count(_ category: AnchorPair.Category) -> Double { Double(pairs.count { $0.category == category }) }
    return engine.conversation.counters.merging([
      "refused": count(.refused), "answered": count(.answered), "harmless": count(.harmless),
      "harmlessRefused": count(.harmlessRefused), "dropped": Double(dropped), "tokens": Double(tokens),
    ]) { $1 }
  }

  /// A refusal in fixed words of each instruction, where the model's own are not taken.
  private func refusalTexts(for all: [Asked], in context: some StageContext) throws -> [AnchorPair] {
    guard let file = inputs.refusals else { return [] }
    let texts = try RefusalText.read(context.file(file))
    var order = CounterRandom(seed: UInt64(seed ?? 0), purpose: .selection)
    let places = order.permutation(of: texts.count)
    return all.map { entry in
      AnchorPair(
        id: entry.instruction.id, instruction: entry.instruction.instruction, kind: entry.kind, systemPrompt: .safe,
        answer: texts[places[entry.place % parameters.size % texts.count]],
        category: entry.kind == .harmful ? .refused : .harmlessRefused, source: .wording, ended: true)
    }
  }

  /// The file of the pairs in the artifact.
  static let rows = "anchors.jsonl"
}
