import Compute
import Decoding
import Evaluation
import Experiments
import Foundation
import Randomness
import Records
import Tokenization

/// The anchor set: each instruction answered by the model under three system prompts (safe, opposite, null), and sorted
/// into D_HR, D_HA and D_S.
///
/// With refusals from wordings, a harmful instruction's answer under the safe prompt is one of the wordings: a small model
/// seldom refuses by itself. Answers that are noise are left out. A harmless instruction that is refused goes to a set
/// of its own, and a wording to each, for the term that makes such refusals unlikely.
struct AnchorsStage {
  let stage: Stage
  let settings: Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let anchors = settings.anchors, model = try workspace.model(of: settings)
    let prompts = try workspace.systemPrompts(anchors.systemPrompts)
    let harmful = try workspace.instructions(anchors.harmful, size: anchors.size, key: "anchors.size")
    let harmless = try workspace.instructions(anchors.harmless, size: anchors.size, key: "anchors.size")
    let usesWordings = anchors.refusalSource == .wordings
    let wordings = usesWordings ? try workspace.refusals(anchors.refusals) : []
    var order = CounterRandom(seed: UInt64(settings.seed), purpose: .selection)
    let wordingOrder = order.permutation(of: wordings.count)

    var pairs: [AnchorPair] = []
    var dropped = 0, tokens = 0
    let judge = RefusalJudge()
    let all = harmful.map { ($0, InstructionKind.harmful) } + harmless.map { ($0, InstructionKind.harmless) }
    let asked = SystemPromptKind.allCases.map { systemPrompt in
      all.enumerated().filter { !(usesWordings && systemPrompt == .safe && $0.element.1 == .harmful) }
    }
    // Of the turns before the one at hand: all answers, those that an earlier run left, and the tokens made now.
    var earlier = (answers: 0, before: 0, tokens: 0)
    for (turn, systemPrompt) in SystemPromptKind.allCases.enumerated() {
      let text = prompts.text(systemPrompt)
      var generator = try Generator(
        model: model.model, prompts: [model.prefix(systemTokens: model.conversation.systemContent(text))],
        rule: LinearRule.single,
        sampler: Sampler(temperature: anchors.temperature, topP: anchors.topP, topK: anchors.topK),
        seed: UInt64(settings.seed), maximumTokens: anchors.maximumTokens, stopTokens: model.conversation.stopTokens)
      let requests = asked[turn].map { index, entry in
        GenerationRequest(
          turn: model.conversation.turn(instruction: entry.0.instruction), sample: turn * 1_000_000 + index)
      }
      let longest = (requests.flatMap(\.turns).map(\.count).max() ?? 0) + anchors.maximumTokens
      generator.batchSize = try MemoryGuard().sequences(
        upTo: generator.batchSize, each: model.model.sequenceBytes(positions: longest))
      let checkpoint = AnswerCheckpoint(
        in: try workspace.store.workFolder(for: stage.fingerprint), named: "answers-\(systemPrompt.rawValue)",
        on: workspace.machine)
      var (before, made) = (requests.count, 0)
      let answers = try checkpoint.answers(
        to: requests, by: generator,
        onProgress: { progress, found in
          try Interruption.check()
          (before, made) = (found, progress.tokens)
          workspace.progress.update(
            done: earlier.answers + progress.answers, of: asked.reduce(0) { $0 + $1.count },
            startedAt: earlier.before + found, unit: "answers", work: (earlier.tokens + made, "tokens"))
        })
      earlier = (earlier.answers + requests.count, earlier.before + before, earlier.tokens + made)
      tokens += answers.reduce(0) { $0 + $1.tokens.count }
      for ((_, (instruction, kind)), answer) in zip(asked[turn], answers) {
        let text = model.tokenizer.decode(answer.tokens)
        let category: AnchorPair.Category
        switch (judge.verdict(on: text).label, kind) {
        case (.refused, .harmful): category = .refused
        case (.answered, .harmful): category = .answered
        case (.answered, .harmless): category = .harmless
        case (.refused, .harmless): category = .harmlessRefused
        case (.degenerate, _):
          dropped += 1
          continue
        }
        pairs.append(
          AnchorPair(
            id: instruction.id, instruction: instruction.instruction, kind: kind, systemPrompt: systemPrompt,
            answer: text, category: category, source: .sampled, ended: answer.ended))
      }
    }
    if usesWordings {
      for (index, (instruction, kind)) in all.enumerated() {
        let wording = wordings[wordingOrder[index % anchors.size % wordings.count]]
        pairs.append(
          AnchorPair(
            id: instruction.id, instruction: instruction.instruction, kind: kind, systemPrompt: .safe, answer: wording,
            category: kind == .harmful ? .refused : .harmlessRefused, source: .wording, ended: true))
      }
    }
    guard !pairs.isEmpty else {
      throw WorkbenchError.emptyAnchorSet(
        category: "text at all",
        advice: "Every answer was noise; raise anchors.maximumTokens, or take another chat template.")
    }
    try RowFile.write(pairs, to: folder.appendingPathComponent("anchors.jsonl"))
    func count(_ category: AnchorPair.Category) -> Double { Double(pairs.count { $0.category == category }) }
    return [
      "refused": count(.refused), "answered": count(.answered), "harmless": count(.harmless),
      "harmlessRefused": count(.harmlessRefused), "dropped": Double(dropped), "tokens": Double(tokens),
    ]
  }
}
