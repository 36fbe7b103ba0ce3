package import Fingerprints
package import JSON

/// What names a stage's artifact: the canonical form of a ``StageSpecification``, as the store keeps it. Equal
/// fingerprints mean equal output bytes.
package struct Stage: Sendable, Hashable, Codable {
  /// One input: a file or an upstream stage, by its fingerprint.
  package struct Input: Sendable, Hashable, Codable {
    /// What the input is to the stage, such as `model` or `prompt.safeguarding`.
    package let name: String
    /// The hash of the file's content, or the fingerprint of the upstream stage.
    package let fingerprint: Fingerprint

    package init(name: String, fingerprint: Fingerprint) {
      self.name = name
      self.fingerprint = fingerprint
    }
  }

  package let kind: StageKind
  /// The version of what the stage computes (``StageSpecification/version``) at the time.
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
    kind: StageKind, version: Int = 1, parameters: JSONValue, inputs: [Input], seed: Int?, label: String
  ) {
    self.kind = kind
    self.version = version
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
