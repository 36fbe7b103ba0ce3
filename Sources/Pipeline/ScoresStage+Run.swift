import EngineContract
import Evaluation
package import Foundation
import Records
package import Stages
import Tokenization

/// How one method holds the reference answers of one evaluation set, or TruthfulQA's true and false answers.
extension ScoresStage: RunnableStage {
  /// Scores the answers.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let scoring = Scoring(
      parameters: parameters, file: try context.file(inputs.requests), engine: engine,
      method: try PreparedMethod(
        parameters.method, on: engine, content: .init(inputs, precision: parameters.precision, in: context)))
    let scores =
      switch parameters.measure {
      case .likelihood: try scoring.likelihoods(in: context)
      case .choices: try scoring.choices(in: context)
      }
    try RowFile.write(scores, to: folder.appendingPathComponent(Self.rows))
    return ["scores": Double(scores.count)]
  }

  /// The file of the scores in the artifact.
  static let rows = "scores.jsonl"
}

extension Score {
  fileprivate static func tooLong(_ instruction: Instruction) -> Score {
    Score(
      id: instruction.id, tokens: 0, logProbability: nil, divergence: nil, isBestLikeliest: nil, trueShare: nil,
      isTooLong: true)
  }
}

/// One set's answers under one method.
private struct Scoring {
  let parameters: ScoresStage.Parameters
  let file: SourceFile
  let engine: any Engine
  let method: PreparedMethod

  func likelihoods(in context: some StageContext) throws -> [Score] {
    let instructions = try file.instructions(parameters.requests)
    let frame = try engine.conversation.frame(.absent), base = EngineStream(prompt: frame.prompt())
    var asked = method.setup
    asked.streams.append(base)
    let requests = try instructions.map { instruction in
      var request = try request(instruction, answer: file.reference(of: instruction), "a reference answer")
      request.turns = request.turns.adding(
        try frame.turn(instruction.instruction), behind: method.setup.streams.count)
      return request
    }
    let fits = requests.map { engine.room(for: $0.turns, under: asked) >= $0.continuation.count }
    let scored = requests.indices.filter { fits[$0] }
    let made = try engine.scores(
      of: scored.map { requests[$0] }, under: method.setup, reference: base,
      onProgress: progress(of: scored.count, in: context))
    let found = Dictionary(uniqueKeysWithValues: zip(scored, made))
    return instructions.enumerated().map { index, instruction in
      guard let score = found[index] else { return .tooLong(instruction) }
      let sum = score.logProbabilities.reduce(0, +)
      let divergence = score.divergences.reduce(0, +) / Double(max(1, score.divergences.count))
      return Score(
        id: instruction.id, tokens: score.logProbabilities.count, logProbability: sum.isFinite ? sum : nil,
        divergence: divergence.isFinite ? divergence : nil, isBestLikeliest: nil, trueShare: nil)
    }
  }

  /// TruthfulQA (Lin et al., arXiv 2109.07958): MC1 compares the best answer with the false ones, MC2 shares the
  /// probability out among all true and all false answers.
  func choices(in context: some StageContext) throws -> [Score] {
    let instructions = try file.instructions(parameters.requests)
    var requests: [ContinuationRequest] = [], places: [(best: Int, right: [Int], wrong: [Int])] = []
    for instruction in instructions {
      func add(_ answers: [String]) throws -> [Int] {
        try answers.map { answer in
          requests.append(try request(instruction, answer: answer, "answers to choose from"))
          return requests.count - 1
        }
      }
      let best = try file.reference(of: instruction), (right, wrong) = try file.knownAnswers(of: instruction)
      places.append((try add([best])[0], try add(right), try add(wrong)))
    }
    let fits = requests.map { engine.room(for: $0.turns, under: method.setup) >= $0.continuation.count }
    let scored = requests.indices.filter { fits[$0] }
    let made = try engine.scores(
      of: scored.map { requests[$0] }, under: method.setup, reference: nil,
      onProgress: progress(of: scored.count, in: context))
    var sums = [Double](repeating: 0, count: requests.count)
    for (index, score) in zip(scored, made) { sums[index] = score.logProbabilities.reduce(0, +) }
    return zip(instructions, places).map { instruction, place in
      guard ([place.best] + place.right + place.wrong).allSatisfy({ fits[$0] }) else { return .tooLong(instruction) }
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
    _ instruction: Instruction, answer: String?, _ wanted: String
  ) throws -> ContinuationRequest {
    let tokens = try engine.tokenizer.encode(answer ?? "", special: .asText).prefix(parameters.maximumTokens)
    guard !tokens.isEmpty else {
      throw file.malformed(
        at: instruction.id, found: "no answer",
        expected: "\(wanted), which the measure \"\(parameters.measure.rawValue)\" scores")
    }
    return ContinuationRequest(turns: try method.turns(instruction.instruction), continuation: Array(tokens))
  }

  private func progress(of total: Int, in context: some StageContext) -> (Int) throws -> Void {
    { done in
      try context.checkCancellation()
      context.report(StageProgress(done, of: total, unit: "texts"))
    }
  }
}
