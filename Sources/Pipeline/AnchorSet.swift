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
  private let engine: any Engine
  /// What stands around instructions behind a soft prompt, and behind an empty system message.
  private let frames: (softPrompt: ConversationFrame, null: ConversationFrame)

  /// Reads the pairs, and the files of instructions that they were made from.
  init(_ reference: Reference<AnchorsStage>, for engine: any Engine, in context: some StageContext) throws {
    self.engine = engine
    frames = (try engine.conversation.frame(.softPrompt), try engine.conversation.frame(.text("")))
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
  func trainingPair(_ pair: AnchorPair) throws -> TrainingPair? {
    try response(pair).map {
      TrainingPair(
        turn: try frames.softPrompt.turn(pair.instruction), response: $0, category: pair.category,
        twins: lines[pair.id] ?? 0)
    }
  }

  /// A pair as an adapter learns it; nil for an empty answer.
  func example(_ pair: AnchorPair) throws -> AdapterExample? {
    try response(pair).map { AdapterExample(prompt: try frames.null.ids(pair.instruction), response: $0) }
  }

  /// The answer's tokens, with the one that ends it where it ended.
  private func response(_ pair: AnchorPair) throws -> [Int]? {
    var response = try engine.tokenizer.encode(pair.answer, special: .asText)
    if pair.ended, let end = engine.conversation.endToken { response.append(end) }
    response = Array(response.prefix(maximumTokens))
    return response.isEmpty ? nil : response
  }
}
