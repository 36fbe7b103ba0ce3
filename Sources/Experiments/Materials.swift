package import Fingerprints

/// The fingerprints of everything outside the manifest that can change a result. The caller takes them, since this
/// wing reads no disk.
package struct Materials: Sendable, Hashable {
  /// A model: its weights, and how it reads and frames text.
  package struct Model: Sendable, Hashable {
    /// The hash of the model file's content.
    package let weights: Fingerprint
    /// The hash over the tokenizer and the chat template.
    package let tokenizer: Fingerprint

    /// A model's fingerprints.
    package init(weights: Fingerprint, tokenizer: Fingerprint) {
      self.weights = weights
      self.tokenizer = tokenizer
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

  /// Materials.
  package init(models: [String: Model], files: [String: Fingerprint], benchmarks: [String: Fingerprint] = [:]) {
    self.models = models
    self.files = files
    self.benchmarks = benchmarks
  }
}
