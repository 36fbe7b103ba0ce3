package import Fingerprints
import JSON
package import Stages

/// The fingerprints of everything outside the manifest that can change a result. The caller takes them, since this
/// wing reads no disk.
package struct Materials: Sendable, Hashable {
  /// A model: its weights, and how it reads and frames text.
  package struct Model: Sendable, Hashable {
    /// The hash of the model file's content.
    package let weights: Fingerprint
    /// The hash over the tokenizer and the chat template.
    package let tokenizer: Fingerprint

    package init(weights: Fingerprint, tokenizer: Fingerprint) {
      self.weights = weights
      self.tokenizer = tokenizer
    }

    /// The model in conversations of its own, where no setting says otherwise, or in others.
    /// - Parameter files: The content hashes of files, a chat template's among them.
    package func reference(_ conversation: ConversationSettings, files: [String: Fingerprint]) -> ModelReference {
      var parts = JSONObject()
      parts["chatTemplate"] =
        (conversation.templateFile.flatMap { files[$0]?.hexadecimal } ?? conversation.chatTemplate)
        .map(JSONValue.string)
      parts["thinking"] = conversation.thinking.map(JSONValue.boolean)
      if !conversation.variables.members.isEmpty { parts["variables"] = .object(conversation.variables) }
      if conversation.date != ConversationSettings.standardDate { parts["date"] = .string(conversation.date) }
      guard !parts.members.isEmpty else {
        return ModelReference(weights: Reference(weights), tokenizer: Reference(tokenizer))
      }
      parts["tokenizer"] = .string(tokenizer.hexadecimal)
      return ModelReference(weights: Reference(weights), tokenizer: Reference(Fingerprint(of: .object(parts))))
    }
  }

  /// The models by their names as the manifest writes them; `Manifest.models` lists those that are needed.
  package var models: [String: Model]
  /// The data files' content hashes by their paths as the manifest writes them; `Manifest.files` lists those that
  /// are needed.
  package var files: [String: Fingerprint]
  /// The benchmarks' content hashes by their names as the manifest writes them; `Manifest.benchmarks` lists those that
  /// are needed.
  package var benchmarks: [String: Fingerprint]
  /// The paths of the files of requests some of whose rows have no name of their own, and are named after the file.
  package var numbered: Set<String>

  package init(
    models: [String: Model], files: [String: Fingerprint], benchmarks: [String: Fingerprint] = [:],
    numbered: Set<String> = []
  ) {
    self.models = models
    self.files = files
    self.benchmarks = benchmarks
    self.numbered = numbered
  }
}
