package import Fingerprints
package import JSON

/// The kinds of stage, in the order in which an experiment runs them.
package enum StageKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Anchor pairs: instructions answered under three system prompts, refusals for D_HR.
  case anchors
  /// One tuned soft prompt.
  case prompt
  /// One trained low-rank adapter.
  case adapter
  /// One cell's answers to one evaluation set.
  case generations
  /// The judge's verdicts on one `generations` artifact.
  case verdicts
  /// A language model's judgments of one `generations` artifact.
  case judgments
  /// One cell's likelihoods of reference answers or choices of one evaluation set.
  case scores
  /// The rates of one cell over all its sets.
  case metrics

  /// The version of what the stage computes. It must be raised whenever the stage's output changes, so that
  /// artifacts of the older kind are recomputed and never served.
  package var version: Int {
    switch self {
    case .anchors, .prompt, .adapter, .verdicts, .judgments, .scores, .metrics: 1
    // 2: the first answers of a method with several streams, token by token.
    case .generations: 2
    }
  }
}

/// Which of the two opposite prompts.
package enum PromptRole: String, Sendable, Hashable, Codable, CaseIterable {
  /// SP, tuned by Equation 3.
  case safeguarding
  /// AP, tuned by Equation 4.
  case adversarial
}

/// A pure function of named inputs, described well enough to name its result before it runs: equal fingerprints mean
/// equal output bytes.
package struct Stage: Sendable, Hashable, Codable {
  /// One input: a file or an upstream stage, by its fingerprint.
  package struct Input: Sendable, Hashable, Codable {
    /// What the input is to the stage, such as `model` or `prompt.safeguarding`.
    package let name: String
    /// The hash of the file's content, or the fingerprint of the upstream stage.
    package let fingerprint: Fingerprint

    /// An input.
    package init(name: String, fingerprint: Fingerprint) {
      self.name = name
      self.fingerprint = fingerprint
    }
  }

  /// The kind.
  package let kind: StageKind
  /// The version of the kind (`StageKind.version`) at the time.
  package let version: Int
  /// Every parameter that can change the output, resolved; nothing else.
  package let parameters: JSONValue
  /// The inputs, sorted by name.
  package let inputs: [Input]
  /// The seed, or nil when the stage draws no random number.
  package let seed: Int?
  /// What to call the stage in progress lines and listings. No part of the fingerprint.
  package let label: String

  /// A stage. The inputs are sorted by name.
  package init(
    kind: StageKind, version: Int? = nil, parameters: JSONValue, inputs: [Input], seed: Int?, label: String
  ) {
    self.kind = kind
    self.version = version ?? kind.version
    self.parameters = parameters
    self.inputs = inputs.sorted { JSONObject.precedes($0.name, $1.name) }
    self.seed = seed
    self.label = label
  }

  /// The fingerprint of the input with the given name, or nil.
  package func input(_ name: String) -> Fingerprint? {
    inputs.first { $0.name == name }?.fingerprint
  }

  /// The input hash: SHA-256 over the canonical JSON of kind, version, parameters, inputs and seed.
  package var fingerprint: Fingerprint {
    Fingerprint(of: [
      "inputs": .object(JSONObject(inputs.map { .init(key: $0.name, value: .string($0.fingerprint.hexadecimal)) })),
      "kind": .string(kind.rawValue),
      "parameters": parameters,
      "seed": seed.map(JSONValue.integer) ?? .null,
      "version": .integer(version),
    ])
  }
}
