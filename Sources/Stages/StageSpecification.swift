import Fingerprints
import JSON

/// One stage, described by everything that its code may read: parameters, inputs by name and type, and a seed. A pure
/// function of these gives its artifact.
///
/// The fingerprint is the hash of this value's own encoding, so what the code reads and what is hashed can't differ. A
/// parameter that is nil is not encoded: one that is added later moves no hash of today's.
package protocol StageSpecification: Sendable, Hashable {
  /// What the code reads beside the inputs.
  associatedtype Parameters: Codable, Sendable, Hashable
  /// What the code reads of files and of other stages.
  associatedtype Inputs: Codable, Sendable, Hashable

  static var kind: StageKind { get }
  /// The version of what the stage computes. It must be raised whenever the output changes, for the parameters for
  /// which it does, so that artifacts of the older kind are recomputed and never served.
  var version: Int { get }
  var parameters: Parameters { get }
  var inputs: Inputs { get }
  /// The seed; nil where no random number is drawn.
  var seed: Int? { get }
}

extension StageSpecification {
  /// The first version.
  package var version: Int { 1 }
  /// No random number is drawn.
  package var seed: Int? { nil }

  /// The stage's canonical form.
  /// - Throws: `EncodingError` for a number that JSON can't hold; a manifest's reading lets none through.
  package func stage(label: String = "") throws -> Stage {
    let inputs = try JSONValue(encoding: inputs).object?.members ?? []
    return Stage(
      kind: Self.kind, version: version, parameters: try JSONValue(encoding: parameters),
      inputs: try inputs.map { .init(name: $0.key, fingerprint: try $0.value.decoded()) }, seed: seed, label: label)
  }
}

extension Stage {
  /// The parameters as those of a kind of stage.
  /// - Throws: `DecodingError` where they are another kind's, or an older version's.
  package func parameters<Specification: StageSpecification>(
    of specification: Specification.Type
  ) throws -> Specification.Parameters { try parameters.decoded() }

  /// The inputs as those of a kind of stage.
  /// - Throws: `DecodingError` where they are another kind's, or an older version's.
  package func inputs<Specification: StageSpecification>(
    of specification: Specification.Type
  ) throws -> Specification.Inputs {
    let members = inputs.map { JSONObject.Member(key: $0.name, value: .string($0.fingerprint.hexadecimal)) }
    return try JSONValue.object(JSONObject(members)).decoded()
  }
}
