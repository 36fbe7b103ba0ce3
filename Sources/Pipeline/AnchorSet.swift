import EngineContract
import Evaluation
import Records
import Stages
import Tokenization

/// The anchor pairs of a stored artifact as tuning takes them, with what their stage knows of them.
struct AnchorSet {
  /// The pairs, in the artifact's order.
  let pairs: [AnchorPair]
  private let maximumTokens: Int
  /// Each instruction's line in its file: twins stand on the same line of both.
  private let lines: [String: Int]

  /// Reads the pairs, and the files of instructions that they were made from.
  init(_ reference: Reference<AnchorsStage>, in context: some StageContext) throws {
    pairs = try context.rows(AnchorsStage.rows, of: reference)
    let stage = try context.artifact(reference).record.stage
    maximumTokens = try stage.parameters(of: AnchorsStage.self).maximumTokens
    let inputs = try stage.inputs(of: AnchorsStage.self)
    var lines: [String: Int] = [:]
    for file in [inputs.harmful, inputs.harmless] {
      for (line, instruction) in try InstructionSet.parse(context.file(file)).instructions.enumerated() {
        lines[instruction.id] = line
      }
    }
    self.lines = lines
  }

  /// The pairs of a category.
  func pairs(of category: AnchorPair.Category) -> [AnchorPair] { pairs.filter { $0.category == category } }

  /// A pair as a soft prompt learns it; nil for an empty answer.
  func trainingPair(_ pair: AnchorPair, for engine: any Engine) -> TrainingPair? {
    response(pair, for: engine).map {
      TrainingPair(
        turn: engine.conversation.turn(instruction: pair.instruction), response: $0, category: pair.category,
        twins: lines[pair.id] ?? 0)
    }
  }

  /// A pair as an adapter learns it; nil for an empty answer.
  func example(_ pair: AnchorPair, for engine: any Engine) -> AdapterExample? {
    let conversation = engine.conversation
    return response(pair, for: engine).map {
      AdapterExample(
        prompt: conversation.beforeSystem + conversation.afterSystem
          + conversation.turn(instruction: pair.instruction), response: $0)
    }
  }

  /// The answer's tokens, with the one that ends it where it ended.
  private func response(_ pair: AnchorPair, for engine: any Engine) -> [Int]? {
    var response = engine.tokenizer.encode(pair.answer, special: .asText)
    if pair.ended, let end = engine.conversation.endToken { response.append(end) }
    response = Array(response.prefix(maximumTokens))
    return response.isEmpty ? nil : response
  }
}
