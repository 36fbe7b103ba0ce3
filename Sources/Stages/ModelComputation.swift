/// What computes with a model, and how exactly: our own engine, or PyTorch with transformers.
///
/// In a stage's parameters it is nil for our own engine at single precision, and only the name of the precision for
/// our own engine at another: what was stored before there were two engines keeps its name.
package enum ModelComputation: Sendable, Hashable {
  /// Our own engine.
  case native(ProductPrecision)
  /// PyTorch with transformers.
  case transformers(TransformersComputation)

  /// The computation that parameters name.
  package init(_ parameter: ModelComputation?) { self = parameter ?? .native(.float32) }

  /// What parameters say of it: nothing of the usual one.
  package var parameter: ModelComputation? { self == .native(.float32) ? nil : self }
}

extension ModelComputation: Codable {
  /// Decodes the name of a precision, or what the second engine computes with.
  package init(from decoder: any Decoder) throws {
    if let precision = try? decoder.singleValueContainer().decode(ProductPrecision.self) {
      self = .native(precision)
    } else {
      self = .transformers(try TransformersComputation(from: decoder))
    }
  }

  /// Encodes the name of the precision, or what the second engine computes with.
  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .native(let precision):
      var container = encoder.singleValueContainer()
      try container.encode(precision)
    case .transformers(let computation): try computation.encode(to: encoder)
    }
  }
}

/// How the second engine computes: all of it that can change a number beyond the machine's own rounding.
package struct TransformersComputation: Sendable, Hashable, Codable {
  /// The formats of weights and of what is computed with them.
  package enum NumberFormat: String, Sendable, Hashable, Codable, CaseIterable {
    case float32, bfloat16, float16
  }

  /// What weights are packed to as they are loaded, by bitsandbytes.
  package enum Quantization: String, Sendable, Hashable, Codable, CaseIterable {
    case nf4, int8
  }

  /// The implementations of attention that transformers knows.
  package enum Attention: String, Sendable, Hashable, Codable, CaseIterable {
    case eager, sdpa
    case flashAttention2 = "flash_attention_2"
  }

  /// The engine's name, in manifests too.
  package static let name = "transformers"
  /// The version of what the worker computes; it is raised when its numbers change beyond rounding.
  package static let currentVersion = 1

  /// The engine's name.
  package private(set) var engine = Self.name
  /// The worker's version.
  package var version = Self.currentVersion
  package var dtype: NumberFormat
  /// nil for weights as they are.
  package var quantization: Quantization?
  /// nil for what transformers takes by itself.
  package var attention: Attention?

  package init(dtype: NumberFormat = .float32, quantization: Quantization? = nil, attention: Attention? = nil) {
    self.dtype = dtype
    self.quantization = quantization
    self.attention = attention
  }
}
