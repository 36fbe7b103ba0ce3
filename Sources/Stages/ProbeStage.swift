import Fingerprints

/// Asks how well the hidden states behind each block, at a request's last token, tell harmful requests from harmless
/// ones: a ridge regression on the anchors' instructions, tried on some of them that it has not seen, and on the
/// evaluation sets.
package struct ProbeStage: StageSpecification {
  package static let kind = StageKind.probe

  /// A set of requests that the regression is tried on.
  package struct AskedSet: Codable, Sendable, Hashable {
    package var name: String
    /// Whether its requests should be refused.
    package var kind: InstructionKind
    /// Which requests are asked.
    package var requests: RequestSelection

    package init(name: String, kind: InstructionKind, requests: RequestSelection) {
      self.name = name
      self.kind = kind
      self.requests = requests
    }
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// How many instructions are taken from the start of each of the two files.
    package var size: Int
    /// The system prompt under which the requests stand.
    package var systemPrompt: SystemPromptKind
    /// Into how many parts the instructions are cut, twins together; each part is predicted from the others.
    package var folds: Int
    /// The sets that it is tried on.
    package var sets: [AskedSet]
    /// What computes with the model; nil for our own engine at single precision.
    package var precision: ModelComputation?

    package init(
      size: Int, systemPrompt: SystemPromptKind, folds: Int = 5, sets: [AskedSet], precision: ModelComputation?
    ) {
      self.size = size
      self.systemPrompt = systemPrompt
      self.folds = folds
      self.sets = sets
      self.precision = precision
    }
  }

  /// What the code reads of files.
  package struct Inputs: Sendable, Hashable {
    /// The model's weights.
    package var model: Reference<Content.Weights>
    /// Its tokenizer and chat template.
    package var tokenizer: Reference<Content.Tokenizer>
    /// The harmful instructions.
    package var harmful: Reference<Content.File>
    /// The harmless instructions; those on the same lines are their twins.
    package var harmless: Reference<Content.File>
    /// The manual system prompts.
    package var systemPrompts: Reference<Content.File>
    /// The requests of each set.
    package var requests: [String: Reference<Content.File>]

    package init(
      model: ModelReference, harmful: Reference<Content.File>, harmless: Reference<Content.File>,
      systemPrompts: Reference<Content.File>, requests: [String: Reference<Content.File>]
    ) {
      self.model = model.weights
      tokenizer = model.tokenizer
      self.harmful = harmful
      self.harmless = harmless
      self.systemPrompts = systemPrompts
      self.requests = requests
    }

    /// The model.
    package var target: ModelReference { ModelReference(weights: model, tokenizer: tokenizer) }
  }

  package let parameters: Parameters
  package let inputs: Inputs

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension ProbeStage.Inputs: Codable {
  private enum Name: String { case model, tokenizer, harmful, harmless, systemPrompts }

  private static let requestsOf = "requests/"

  /// Reads each file of requests by `requests/SET`.
  package init(from decoder: any Decoder) throws {
    let names = try [String: Fingerprint](from: decoder)
    func fingerprint(_ name: Name) throws -> Fingerprint {
      guard let found = names[name.rawValue] else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "a probe without \(name.rawValue)"))
      }
      return found
    }
    model = Reference(try fingerprint(.model))
    tokenizer = Reference(try fingerprint(.tokenizer))
    harmful = Reference(try fingerprint(.harmful))
    harmless = Reference(try fingerprint(.harmless))
    systemPrompts = Reference(try fingerprint(.systemPrompts))
    requests = [:]
    for (name, fingerprint) in names where name.hasPrefix(Self.requestsOf) {
      requests[String(name.dropFirst(Self.requestsOf.count))] = Reference(fingerprint)
    }
  }

  /// Writes each file of requests as `requests/SET`.
  package func encode(to encoder: any Encoder) throws {
    var names = [
      Name.model.rawValue: model.fingerprint, Name.tokenizer.rawValue: tokenizer.fingerprint,
      Name.harmful.rawValue: harmful.fingerprint, Name.harmless.rawValue: harmless.fingerprint,
      Name.systemPrompts.rawValue: systemPrompts.fingerprint,
    ]
    for (set, file) in requests { names[Self.requestsOf + set] = file.fingerprint }
    try names.encode(to: encoder)
  }
}

extension StageKind {
  /// What hidden states tell of harm.
  package static let probe = StageKind("probe")
}
