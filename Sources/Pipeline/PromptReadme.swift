import EngineContract
import JSON
import ModelFiles
import Stages
import Tokenization

/// The README that a tuned prompt carries, for those who take it to other software: PEFT loads the rows, but puts them
/// before the whole input, where the model sees another text.
struct PromptReadme {
  let text: String

  /// - Parameter rows: How many rows the prompt has.
  init(rows: Int, role: PromptRole, for engine: some Engine) throws {
    let frame = try engine.conversation.frame(.softPrompt)
    func spelled(_ ids: [Int]) throws -> String { try engine.tokenizer.text(of: ids, skippingSpecial: false) }
    let before = try spelled(frame.beforePrompt)
    // What can't stand in a template by itself, so that it is found again.
    let mark = "INSTRUCTION"
    let after = try spelled(frame.afterPrompt + (try frame.turn(mark))).split(
      separator: mark, omittingEmptySubsequences: false)
    let pieces = after.map { JSONValue.string(String($0)).canonical }.joined(separator: " + instruction + ")
    text = """
      # A soft prompt of \(rows) rows

      The \(role.rawValue) prompt of \(engine.hubName?.text ?? engine.modelName), tuned by Antipode.

      PEFT loads it, but puts its rows before the whole input. It was tuned between these two texts, and does what it
      was tuned for only there:

      ```python
      before = \(JSONValue.string(before).canonical)  # ids \(frame.beforePrompt)
      after = \(pieces)
      ```

      Embed both without adding special tokens, and give the model `before`, the rows of `prompt_embeddings`, and
      `after`, end to end, as `inputs_embeds`.

      """
  }
}
