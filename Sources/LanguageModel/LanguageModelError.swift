package import Messages

/// What can be wrong with a model file whose parts are sound in themselves.
package enum LanguageModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file's architecture is not one that the engine knows; `key` is where it stands.
  case unsupportedArchitecture(path: String, key: String, found: String, supported: [String])
  /// A value that models have, but not those that the engine runs.
  case unsupportedFeature(path: String, key: String, found: String, supported: [String])
  /// Feed-forward layers of many experts in a family that the engine runs without.
  case mixtureOfExperts(path: String, key: String, experts: Int)
  /// A Hugging Face folder whose weights are quantized in a way that is not read.
  case quantizedFolder(path: String, method: String)
  /// A metadata value or a combination of them that no model can have.
  case impossible(path: String, key: String, found: String, expected: String)
  /// More positions than the model was made for.
  case tooLong(positions: Int, limit: Int)
  /// A token id that the model's vocabulary does not hold.
  case unknownToken(id: Int, vocabularySize: Int)
  /// A model that shall be combined with another and has other tokens.
  case otherVocabulary(found: Int, expected: Int)
  /// A low-rank adapter that is not one of this model.
  case unfitAdapter(place: String, found: String, expected: String)
  /// A direction of hidden states that are not this model's.
  case unfitDirection(found: Int, expected: Int)

  /// The message for the user.
  package var description: String {
    switch self {
    case .unsupportedArchitecture(let path, let key, let found, let supported):
      "\(path): \(key): found \"\(found)\", which is not supported; the engine knows "
        + "\(supported.joined(separator: ", ")). Use a model of one of these families."
    case .unsupportedFeature(let path, let key, let found, let supported):
      "\(path): \(key): found \(found), which is not supported; expected \(supported.joined(separator: ", ")). "
        + "Use a model without it."
    case .mixtureOfExperts(let path, let key, let experts):
      "\(path): \(key): found \(experts): this is a mixture of experts; only Qwen3's are supported. "
        + "Use one of them, or a model with dense layers."
    case .quantizedFolder(let path, let method):
      "\(path): quantization_config: found \(method); from folders, the engine reads only F32, F16 and BF16. Use "
        + "the model that it was quantized from, or a GGUF file of it, which may be quantized."
    case .impossible(let path, let key, let found, let expected):
      "\(path): \(key): found \(found), expected \(expected). The file is damaged or was converted wrongly; get it "
        + "again."
    case .tooLong(let positions, let limit):
      "The conversation takes \(positions) positions, and the model was made for \(limit). Shorten the prompt or the "
        + "instruction, or ask for fewer tokens."
    case .unknownToken(let id, let vocabularySize):
      "Token \(id) is not in the model's vocabulary of \(vocabularySize)."
    case .otherVocabulary(let found, let expected):
      "A model of \(found) tokens can't be combined with one of \(expected). Take one of the same vocabulary."
    case .unfitDirection(let found, let expected):
      "The direction does not fit the model: found \(found) numbers, expected \(expected), the model's width. Use one "
        + "that was found on this model."
    case .unfitAdapter(let place, let found, let expected):
      "The adapter does not fit the model: \(place): found \(found), expected \(expected). Use one that was made for "
        + "it."
    }
  }
}

extension LanguageModelError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
