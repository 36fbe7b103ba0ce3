import Compute
import Decoding
import Experiments
import Foundation
import ModelFiles
import Records
import Tokenization

/// The prompts that a decoding method runs under, and the rule that combines them.
struct MethodStreams {
  var prompts: [Matrix]
  var rule: CombinationRule

  /// The streams of a method.
  /// - Parameters:
  ///   - system: The manual system prompts, for the methods that use them.
  ///   - softPrompt: The tuned rows `[P, d]` of a role, for the methods that use them.
  init(
    _ method: DecodingMethod, alpha: Double, model: LoadedModel, system: () throws -> SystemPrompts,
    softPrompt: (PromptRole) throws -> Matrix
  ) throws {
    func text(_ text: String) throws -> Matrix {
      try model.prefix(systemTokens: model.conversation.systemContent(text))
    }
    func tuned(_ role: PromptRole) throws -> Matrix { try model.prefix(softPrompt: softPrompt(role)) }
    rule = .linear([])
    switch method {
    case .base: prompts = [try text("")]
    case .safe: prompts = [try text(system().safe)]
    case .opposite: prompts = [try text(system().opposite)]
    case .sp: prompts = [try tuned(.safeguarding)]
    case .ap: prompts = [try tuned(.adversarial)]
    case .acd:
      prompts = [try tuned(.safeguarding)]
      // Without a contrast the second stream would be computed for nothing.
      if alpha != 0 {
        prompts.append(try tuned(.adversarial))
        rule = .contrast(alpha: alpha)
      }
    }
  }
}

extension Workspace {
  /// The rows `[P, d]` of a stored soft prompt.
  func softPrompt(_ fingerprint: Fingerprint?) throws -> Matrix {
    guard let fingerprint, let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.noPrompts(detail: "The tuned prompt \(fingerprint?.short ?? "") is not in the store.")
    }
    let adapter = try PromptAdapter(folder: artifact.folder.path)
    guard
      let rows = Matrix(
        rows: adapter.virtualTokenCount, columns: adapter.tokenDimension, values: adapter.embeddings)
    else { throw WorkbenchError.noPrompts(detail: "The tuned prompt \(fingerprint.short) is damaged.") }
    return rows
  }
}
