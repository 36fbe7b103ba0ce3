/// Turns text into token ids and back.
///
/// Byte-level byte-pair encoding as in Hugging Face `tokenizers`: control and user-defined tokens are cut out of the
/// text, what is left is split into words by the pre-tokenizer, and the bytes of each word are merged by rank. No token
/// is ever added that the text doesn't spell: `ConversationEncoder` does that.
public struct Tokenizer: Sendable {
  /// The number of tokens; ids run from 0 to one below it.
  public var vocabularySize: Int { vocabulary.count }
  /// The id of the token that opens a sequence, if there is one.
  public let beginningOfSequence: Int?
  /// The id of the token that ends a sequence, if there is one.
  public let endOfSequence: Int?
  /// The id of the token that ends a turn, where the model file names one apart from `endOfSequence`.
  public let endOfTurn: Int?
  /// The id of the token that fills up short rows of a batch, if there is one.
  public let padding: Int?
  /// Whether the model expects `beginningOfSequence` before its input.
  public let addsBeginningOfSequence: Bool

  private let vocabulary: ByteStringTable
  private let kinds: [TokenKind]
  private let preTokenizer: PreTokenizer
  private let encoder: BytePairEncoder
  /// The tokens that are cut out of text under each policy.
  private let literals: LiteralTokens
  private let userDefinedLiterals: LiteralTokens

  /// The tokenizer kinds that can be built, as `tokenizer.ggml.model` names them.
  public static let supportedKinds = ["gpt2"]

  /// Checks a description and builds the tokenizer.
  ///
  /// - Throws: `TokenizationError`, naming the metadata entry that is wrong.
  public init(_ description: TokenizerDescription) throws(TokenizationError) {
    guard Self.supportedKinds.contains(description.kind) else {
      throw .unknownKind(description.kind, supported: Self.supportedKinds)
    }
    preTokenizer = try PreTokenizer(named: description.preTokenizer)
    if description.tokens.isEmpty { throw .emptyVocabulary }
    kinds = try Self.kinds(description)

    var vocabulary = ByteStringTable(capacity: description.tokens.count)
    for (id, token) in description.tokens.enumerated() {
      if let first = vocabulary.append(token) { throw .duplicateToken(token, first: first, second: id) }
    }
    self.vocabulary = vocabulary
    encoder = try BytePairEncoder(vocabulary: vocabulary, kinds: kinds, merges: description.merges)

    let kinds = kinds
    literals = LiteralTokens(kinds.indices.filter { kinds[$0].isLiteral }, of: vocabulary)
    userDefinedLiterals = LiteralTokens(kinds.indices.filter { kinds[$0] == .userDefined }, of: vocabulary)

    func check(_ id: Int?, _ name: String) throws(TokenizationError) -> Int? {
      guard let id, !(0..<vocabulary.count).contains(id) else { return id }
      throw .specialTokenOutOfRange(name: name, id: id, vocabularySize: vocabulary.count)
    }
    beginningOfSequence = try check(description.beginningOfSequence, "bos")
    endOfSequence = try check(description.endOfSequence, "eos")
    endOfTurn = try check(description.endOfTurn, "eot")
    padding = try check(description.padding, "padding")
    _ = try check(description.unknown, "unknown")
    addsBeginningOfSequence = description.addsBeginningOfSequence
  }

  private static func kinds(_ description: TokenizerDescription) throws(TokenizationError) -> [TokenKind] {
    let count = description.tokens.count
    if description.tokenKinds.isEmpty { return Array(repeating: .normal, count: count) }
    guard description.tokenKinds.count == count else {
      throw .tokenKindCount(found: description.tokenKinds.count, expected: count)
    }
    var kinds: [TokenKind] = []
    kinds.reserveCapacity(count)
    for (token, number) in description.tokenKinds.enumerated() {
      guard let value = UInt8(exactly: number), let kind = TokenKind(rawValue: value) else {
        throw .unknownTokenKind(token: token, kind: number)
      }
      kinds.append(kind)
    }
    return kinds
  }

  /// Encodes a text. Characters whose bytes the vocabulary lacks are left out, as in Hugging Face `tokenizers`.
  ///
  /// - Parameters:
  ///   - text: any text; empty text gives no tokens.
  ///   - special: whether the spelling of a control token is read as that token or as ordinary text. There is no
  ///     default, because the wrong choice lets a user write control tokens.
  public func encode(_ text: String, special: SpecialTokenPolicy) -> [Int] {
    let bytes = Array(text.utf8)
    var tokens: [Int] = []
    tokens.reserveCapacity(bytes.count / 3 + 1)
    var workspace = BytePairEncoder.Workspace()
    for part in (special == .parse ? literals : userDefinedLiterals).parts(of: bytes) {
      switch part {
      case .token(let id):
        tokens.append(id)
      case .text(let range):
        let classified = ClassifiedText(bytes[range])
        for word in preTokenizer.words(of: classified) {
          let start = range.lowerBound + classified.byteOffsets[word.lowerBound]
          let end = range.lowerBound + classified.byteOffsets[word.upperBound]
          encoder.encode(bytes[start..<end], into: &tokens, workspace: &workspace)
        }
      }
    }
    return tokens
  }

  /// Decodes a whole sequence: joins the bytes of its tokens and reads them as UTF-8, with U+FFFD for what is not.
  ///
  /// - Parameters:
  ///   - tokens: ids; those outside the vocabulary are skipped.
  ///   - skippingSpecial: whether control tokens are left out or spelled.
  public func decode(_ tokens: [Int], skippingSpecial: Bool = true) -> String {
    var bytes: [UInt8] = []
    for token in tokens where !(skippingSpecial && isSpecial(token)) { bytes += self.bytes(of: token) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The bytes that a token stands for, which need not be whole characters; none for an id outside the vocabulary.
  public func bytes(of token: Int) -> [UInt8] {
    guard kinds.indices.contains(token) else { return [] }
    let spelling = vocabulary[token]
    return kinds[token].isLiteral ? Array(spelling) : ByteAlphabet.decode(spelling) ?? Array(spelling)
  }

  /// The id of a token by its spelling in the model file, or `nil` when the vocabulary lacks it.
  public func id(of token: String) -> Int? {
    vocabulary.index(of: Array(token.utf8)[...])
  }

  /// Whether the token steers the model (GGUF type control or unknown) and is no part of a text.
  public func isSpecial(_ token: Int) -> Bool {
    kinds.indices.contains(token) && kinds[token].isSpecial
  }
}
