import JSON
package import Stages

/// Which engine computes with the models, and how.
package struct EngineSettings: Sendable, Hashable {
  /// The engines.
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// This project's own.
    case native
    /// PyTorch with transformers.
    case transformers
  }

  package var kind = Kind.native
  /// Where the second engine computes; no part of a hash.
  package var device = Self.anyDevice
  /// How the second engine computes.
  package var computation = TransformersComputation()

  /// The device that is there: the first GPU, or the processor.
  package static let anyDevice = "auto"

  package init() {}

  /// What computes with the models.
  /// - Parameter precision: Our own engine's.
  package func computation(_ precision: ProductPrecision) -> ModelComputation {
    kind == .native ? .native(precision) : .transformers(computation)
  }

  /// Refuses a device that can't be, and what one engine's keys say to the other.
  package func check(beside precision: ProductPrecision) throws(ManifestError) {
    let number = device.hasPrefix("cuda:") ? Int(device.dropFirst(5)) : nil
    guard ["auto", "cpu", "cuda"].contains(device) || (number.map { $0 >= 0 } ?? false) else {
      throw ManifestError(
        at: "device", found: JSONValue.string(device).summary,
        expected: "\"auto\", \"cpu\", \"cuda\", or a GPU by its number, such as \"cuda:1\"")
    }
    guard kind == .native else {
      guard precision != .float32 else { return }
      throw ManifestError(
        at: "precision", found: "\"\(precision.rawValue)\" with \"engine\": \"\(kind.rawValue)\"",
        expected: "\"dtype\" and \"quantization\", which are this engine's")
    }
    let foreign: [(key: String, value: String?)] = [
      ("device", device == Self.anyDevice ? nil : device),
      ("dtype", computation.dtype == .float32 ? nil : computation.dtype.rawValue),
      ("quantization", computation.quantization?.rawValue), ("attention", computation.attention?.rawValue),
    ]
    for (key, value) in foreign {
      guard let value else { continue }
      throw ManifestError(
        at: key, found: "\"\(value)\" with \"engine\": \"\(kind.rawValue)\"",
        expected: "\"engine\": \"transformers\", whose key it is")
    }
  }
}
