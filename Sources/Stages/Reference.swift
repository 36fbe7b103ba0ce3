package import Fingerprints

/// An input of a stage: by the hash of its content, or by the fingerprint of the stage that makes it, and by what it
/// is.
package struct Reference<Target>: Sendable, Hashable, Codable {
  /// The hash.
  package let fingerprint: Fingerprint

  package init(_ fingerprint: Fingerprint) { self.fingerprint = fingerprint }

  /// Decodes the hash as a string.
  package init(from decoder: any Decoder) throws { fingerprint = try Fingerprint(from: decoder) }

  /// Encodes the hash as a string.
  package func encode(to encoder: any Encoder) throws { try fingerprint.encode(to: encoder) }
}

/// What references to content outside the store lead to.
package enum Content {
  /// A data file, or a benchmark's.
  package enum File {}
  /// A model's weights.
  package enum Weights {}
  /// How a model reads and frames text: its tokenizer and its chat template.
  package enum Tokenizer {}
}

/// A model: its weights, and how it reads and frames text.
package struct ModelReference: Sendable, Hashable {
  package let weights: Reference<Content.Weights>
  /// The tokenizer and the chat template.
  package let tokenizer: Reference<Content.Tokenizer>

  package init(weights: Reference<Content.Weights>, tokenizer: Reference<Content.Tokenizer>) {
    self.weights = weights
    self.tokenizer = tokenizer
  }
}
