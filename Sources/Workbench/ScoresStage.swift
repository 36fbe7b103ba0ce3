import Decoding
import Evaluation
import Experiments
import Foundation
import LanguageModel
import Records
import Tokenization

/// How one cell's method holds the reference answers of one evaluation set, or TruthfulQA's true and false answers.
struct ScoresStage {
  let set: EvaluationSet
  let stage: Stage
  let settings: Experiments.Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let model = try workspace.model(of: settings)
    let instructions = try workspace.instructions(of: set)
    let method = try MethodStreams(
      settings.decoding, model: model, precision: settings.precision, systemPrompts: settings.anchors.systemPrompts,
      workspace: workspace,
      softPrompt: { try workspace.softPrompt(stage.input("prompt.\($0.rawValue)")) },
      adapter: { try workspace.adapter(stage.input("adapter")) })
    let scores =
      set.measure == .choices
      ? try choices(of: instructions, method, model) : try likelihoods(of: instructions, method, model)
    try RowFile.write(scores, to: folder.appendingPathComponent("scores.jsonl"))
    return ["scores": Double(scores.count)]
  }

  private func likelihoods(
    of instructions: [Instruction], _ method: MethodStreams, _ model: LoadedModel
  ) throws -> [Score] {
    let scorer = try ContinuationScorer(
      streams: method.streams, rule: method.rule,
      reference: GenerationStream(model: model.model, prompt: model.prefix(systemTokens: [])))
    let requests = try instructions.map { instruction in
      try request(
        instruction, answer: instruction.reference, "a reference answer", method, model, besidesBase: true)
    }
    let found = try scorer.scores(of: requests, onProgress: progress(of: requests.count))
    return zip(instructions, found).map { instruction, score in
      let sum = score.logProbabilities.reduce(0, +)
      return Score(
        id: instruction.id, tokens: score.logProbabilities.count, logProbability: sum.isFinite ? sum : nil,
        divergence: score.divergences.reduce(0, +) / Double(max(1, score.divergences.count)), isBestLikeliest: nil,
        trueShare: nil)
    }
  }

  /// TruthfulQA (Lin et al., arXiv 2109.07958): MC1 compares the best answer with the false ones, MC2 shares the
  /// probability out among all true and all false answers.
  private func choices(
    of instructions: [Instruction], _ method: MethodStreams, _ model: LoadedModel
  ) throws -> [Score] {
    let scorer = try ContinuationScorer(streams: method.streams, rule: method.rule)
    var requests: [ContinuationRequest] = [], places: [(best: Int, right: [Int], wrong: [Int])] = []
    for instruction in instructions {
      func add(_ answers: [String]) throws -> [Int] {
        try answers.map { answer in
          requests.append(try request(instruction, answer: answer, "answers to choose from", method, model))
          return requests.count - 1
        }
      }
      guard let best = instruction.reference, let right = instruction.correct, let wrong = instruction.incorrect,
        !right.isEmpty, !wrong.isEmpty
      else {
        throw WorkbenchError.malformed(
          path: set.name, place: instruction.id, found: "no true and false answers",
          expected: "a benchmark with both, such as truthfulqa, for the measure \"choices\"")
      }
      places.append((try add([best])[0], try add(right), try add(wrong)))
    }
    let sums = try scorer.scores(of: requests, onProgress: progress(of: requests.count))
      .map { $0.logProbabilities.reduce(0, +) }
    return zip(instructions, places).map { instruction, place in
      let right = place.right.map { sums[$0] }, wrong = place.wrong.map { sums[$0] }
      let largest = (right + wrong).max() ?? 0
      // Where the method bars every answer, none is likelier than another.
      func mass(_ sums: [Double]) -> Double { largest.isFinite ? sums.reduce(0) { $0 + exp($1 - largest) } : 1 }
      return Score(
        id: instruction.id, tokens: 0, logProbability: nil, divergence: nil,
        isBestLikeliest: wrong.allSatisfy { sums[place.best] > $0 },
        trueShare: mass(right) / (mass(right) + mass(wrong)))
    }
  }

  private func request(
    _ instruction: Instruction, answer: String?, _ wanted: String, _ method: MethodStreams, _ model: LoadedModel,
    besidesBase: Bool = false
  ) throws -> ContinuationRequest {
    let tokens = Array(
      model.tokenizer.encode(answer ?? "", special: .asText).prefix(settings.decoding.maximumTokens))
    guard !tokens.isEmpty else {
      throw WorkbenchError.malformed(
        path: set.name, place: instruction.id, found: "no answer",
        expected: "\(wanted), which the measure \"\(set.measure.rawValue)\" scores")
    }
    var turns = method.request(instruction.instruction, sample: 0).turns
    let plain = model.conversation.turn(instruction: instruction.instruction)
    if besidesBase, turns != [plain] {
      if turns.count == 1 { turns = Array(repeating: turns[0], count: method.streams.count) }
      turns.append(plain)
    }
    return ContinuationRequest(turns: turns, continuation: tokens)
  }

  private func progress(of total: Int) -> (Int) throws -> Void {
    { done in
      try Interruption.check()
      workspace.progress.update(done: done, of: total, unit: "texts")
    }
  }
}
