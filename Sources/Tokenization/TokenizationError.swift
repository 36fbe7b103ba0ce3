package import Messages

/// What can be wrong with a tokenizer description or a chat template.
///
/// Each message names the place by its GGUF key, what was found, what was expected and what to do; the caller, who
/// knows the file, puts its name in front.
package enum TokenizationError: Error, Equatable, Sendable {
  /// The tokenizer's algorithm is not one that we have.
  case unknownKind(String, supported: [String])
  /// The rule that cuts text into words is not one that we have.
  case unknownPreTokenizer(String, supported: [String])
  /// There are no tokens.
  case emptyVocabulary
  /// The list of token types is neither empty nor as long as the vocabulary.
  case tokenKindCount(found: Int, expected: Int)
  /// A token type has no meaning in GGUF.
  case unknownTokenKind(token: Int, kind: Int)
  /// Two ids have the same text.
  case duplicateToken(String, first: Int, second: Int)
  /// There are neither merges nor a score for each token.
  case scoreCount(found: Int, expected: Int)
  /// A token's score can't be compared with others.
  case scoreIsNoNumber(token: Int)
  /// A merge is not two tokens with one space between them.
  case malformedMerge(index: Int, merge: String)
  /// A merge names, or makes, a token that the vocabulary lacks.
  case mergeOfUnknownToken(index: Int, merge: String, token: String)
  /// A special token's id is outside the vocabulary.
  case specialTokenOutOfRange(name: String, id: Int, vocabularySize: Int)
  /// A regular expression of a pre-tokenizer or normalizer can't be run.
  case unsupportedPattern(_ found: String)
  /// A regular expression of a pre-tokenizer or normalizer takes more steps over a text than it may.
  case patternTooSlow(pattern: String, characters: Int)
  /// One of these, in a file.
  indirect case inFile(_ path: String, TokenizationError)
  /// A model's own tokenizer, or the process that it runs in, failed.
  case ownTokenizer(problem: String)
  /// A chat template that can't be run.
  case template(name: String, problem: String)
  /// A chat template was asked for by a name that is neither one of ours nor a file's.
  case unknownChatTemplate(name: String, known: [String])
}

extension TokenizationError: CustomStringConvertible {
  /// The message for the user, in one line.
  package var description: String { message { "tokenizer.ggml.\($0)" } }

  /// The same in a file; as it is where none is known.
  func placed(in path: String?) -> TokenizationError { path.map { .inFile($0, self) } ?? self }

  /// The names in `tokenizer.json` of what GGUF calls by these.
  private static let namesInJSON = [
    "model": "model, type", "pre": "pre_tokenizer", "tokens": "model, vocab", "token_type": "added_tokens",
    "merges": "model, merges", "scores": "model, vocab",
  ]

  /// The message.
  /// - Parameter place: Turns a name of GGUF's into that of the file at hand.
  private func message(_ place: (String) -> String) -> String {
    switch self {
    case .inFile(let path, let error):
      "\(path): "
        + error.message { path.hasSuffix(".json") ? Self.namesInJSON[$0] ?? $0 : place($0) }
    case .unsupportedPattern(let found):
      "regular expression: found \(found), which is not supported. Use a model with another pre-tokenizer."
    case .patternTooSlow(let pattern, let characters):
      "regular expression \(quoted(pattern)): took more than \(Pattern.budget(for: characters)) steps over a text of "
        + "\(characters) characters. Shorten the text, or use a model with another pre-tokenizer."
    case .unknownKind(let found, let supported):
      "\(place("model")): found \(quoted(found)), expected \(list(supported)). Use a model with such a tokenizer."
    case .unknownPreTokenizer(let found, let supported):
      "\(place("pre")): found \(quoted(found)), expected \(list(supported)). Use a model with such a pre-tokenizer."
    case .emptyVocabulary:
      "\(place("tokens")): found no tokens, expected a vocabulary. Fetch or convert the model file again."
    case .tokenKindCount(let found, let expected):
      "\(place("token_type")): found \(found) entries, expected \(expected), one for each token. "
        + "Fetch or convert the model file again."
    case .unknownTokenKind(let token, let kind):
      "\(place("token_type"))[\(token)]: found \(kind), expected a type from 0 to 6. "
        + "Fetch or convert the model file again."
    case .duplicateToken(let token, let first, let second):
      "\(place("tokens"))[\(second)]: found \(quoted(token)), which token \(first) already is; expected distinct "
        + "tokens. Fetch or convert the model file again."
    case .scoreCount(let found, let expected):
      "\(place("scores")): found \(found) entries, expected \(expected), one for each token, or merges. "
        + "Fetch or convert the model file again."
    case .scoreIsNoNumber(let token):
      "\(place("scores"))[\(token)]: found no number, expected one. Fetch or convert the model file "
        + "again."
    case .malformedMerge(let index, let merge):
      "\(place("merges"))[\(index)]: found \(quoted(merge)), expected two tokens with one space between them. "
        + "Fetch or convert the model file again."
    case .mergeOfUnknownToken(let index, let merge, let token):
      "\(place("merges"))[\(index)]: found \(quoted(merge)), but \(quoted(token)) is not in the vocabulary; "
        + "expected only tokens of the vocabulary. Fetch or convert the model file again."
    case .specialTokenOutOfRange(let name, let id, let vocabularySize):
      "\(place("\(name)_token_id")): found \(id), expected an id from 0 to \(vocabularySize - 1). "
        + "Fetch or convert the model file again."
    case .ownTokenizer(let problem): "the model's own tokenizer: \(problem)"
    case .template(let name, let problem):
      "\(name): the chat template can't be run: \(problem). Name another as chatTemplate: "
        + "\(ChatTemplate.names.joined(separator: ", ")), or the path of a file."
    case .unknownChatTemplate(let name, let known):
      "chat template: found \(quoted(name)), expected one of \(known.joined(separator: ", ")), or the path of a file."
    }
  }

  /// The text in quotation marks, on one line and cut to a length that a message can carry.
  private func quoted(_ text: String) -> String {
    let limit = 60
    let shown = text.unicodeScalars.prefix(limit).map { $0.escaped(asASCII: false) }.joined()
    return "\"\(shown)\(text.unicodeScalars.count > limit ? "…" : "")\""
  }

  private func list(_ names: [String]) -> String {
    names.map { "\"\($0)\"" }.joined(separator: " or ")
  }
}

extension TokenizationError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
