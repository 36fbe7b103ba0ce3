import Foundation
import ModelFiles
import Tokenization

/// The works of `make bench-peers`, from the repository's own instructions and system prompts.
struct Works: Codable {
  var prompt: WorkRequest
  var decode: WorkRequest
  var contrast: WorkRequest
  var evaluate: WorkRequest
  var tune: WorkRequest

  /// A harmless text, long enough for every prompt and response here. What a response says does not matter to its cost.
  private static let text = """
    Bread rises because yeast eats the sugar in the flour and breathes out carbon dioxide, which the dough holds in \
    small bubbles. Knead it until it is smooth, cover it with a cloth, and let it stand in a warm place for an hour. \
    Then fold it, shape it, and let it rise again while the oven gets hot. A pan of water at the bottom of the oven \
    keeps the crust soft long enough for the loaf to grow. Bake it until it sounds hollow when you knock on its \
    bottom, and wait until it is cool before you cut it, since the crumb is still setting. Rye needs more water than \
    wheat, and a sourdough needs more time than either, but gives the better taste and keeps for a week.
    """

  /// Composes the works for a model's tokenizer and chat template.
  init(model path: String, root: String) throws {
    let description = try TokenizerDescription(file: GGUFFile(path: path))
    let tokenizer = try Tokenizer(description)
    let encoder = try ConversationEncoder(
      .own(description.chatTemplate), tokenizer: tokenizer)
    let frame = try encoder.frame(.softPrompt)
    let harmful = try Self.instructions("\(root)/Anchors/harmful.jsonl")
    let harmless = try Self.instructions("\(root)/Anchors/harmless.jsonl")
    let systems = try JSONDecoder().decode(
      [String: String].self, from: Data(contentsOf: URL(filePath: "\(root)/Anchors/system-prompts.json")))
    let safe = try encoder.systemContent(systems["safe"] ?? "")
    let opposite = try encoder.systemContent(systems["opposite"] ?? ""), prose = try encoder.systemContent(Self.text)

    prompt = WorkRequest("prompt")
    prompt.tokens = (0..<512).map { prose[$0 % prose.count] }

    contrast = WorkRequest("contrast")
    let asked = try frame.turn(harmless[0])
    contrast.prompts = [safe, opposite].map { frame.beforePrompt + $0 + frame.afterPrompt + asked }
    contrast.alpha = 0.4
    contrast.count = 128

    // One of the contrast's two streams alone, so that both can be compared.
    decode = WorkRequest("decode")
    decode.prompt = contrast.prompts?[0]
    decode.count = 128

    evaluate = WorkRequest("evaluate")
    evaluate.prefixes = [safe, opposite].map { frame.beforePrompt + $0 + frame.afterPrompt }
    evaluate.turns = try (0..<50).flatMap { [harmful[$0], harmless[$0]] }.map { try frame.turn($0) }
    evaluate.alpha = 0.4
    evaluate.count = 48
    evaluate.stop = encoder.stopTokens

    tune = WorkRequest("tune")
    tune.prefix = .init(
      before: frame.beforePrompt, prompt: Array((safe + prose).prefix(101)), after: frame.afterPrompt)
    // As a step draws them: the same instructions from each set, and about 80 tokens a pair.
    tune.pairs = try ["refused", "answered", "harmless"].enumerated().flatMap { number, category in
      try (0..<3).map { index in
        let turn = try frame.turn(category == "harmless" ? harmless[index] : harmful[index])
        let start = 17 * number + 5 * index
        return .init(turn: turn, response: Array(prose[start..<start + 80 - turn.count]), category: category)
      }
    }
  }

  private static func instructions(_ path: String) throws -> [String] {
    struct Line: Decodable { var instruction: String }
    return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8)).instruction
    }
  }
}
