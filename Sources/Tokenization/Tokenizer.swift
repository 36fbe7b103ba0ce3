/// Turns text into token ids and back.
///
/// Byte-pair encoding as in Hugging Face `tokenizers`: control and user-defined tokens are cut out of the text, and
/// what is left is either split into words by the pre-tokenizer, whose bytes are merged by rank, or, in SentencePiece's
/// kind, merged from its characters as a whole. A tokenizer that we do not have can be the model's own
/// (``OwnTokenizer``). No token is ever added that the text doesn't spell:
/// `ConversationEncoder` does that.
package struct Tokenizer: Sendable {
  /// The number of tokens; ids run from 0 to one below it.
  package var vocabularySize: Int { vocabulary.count }
  /// Whether both have the same tokens under the same ids.
  package func hasSameTokens(as other: Tokenizer) -> Bool { vocabulary.holdsTheSame(as: other.vocabulary) }
  /// The id of the token that opens a sequence, if there is one.
  package let beginningOfSequence: Int?
  /// The id of the token that ends a sequence, if there is one.
  package let endOfSequence: Int?
  /// The id of the token that ends a turn, where the model file names one apart from `endOfSequence`.
  package let endOfTurn: Int?
  /// Further ids that end an answer, in ascending order.
  package let otherEnds: [Int]
  /// The id that the file gives for unknown text, if there is one.
  package let unknown: Int?
  /// Whether the model expects `beginningOfSequence` before its input.
  package let addsBeginningOfSequence: Bool

  let vocabulary: ByteStringTable
  let kinds: [TokenKind]
  let method: Method
  private let encoder: BytePairEncoder
  private let normalizer: Normalizer
  /// The tokens that are cut out of text under each policy.
  private var literals = Literals()
  private var userDefinedLiterals = Literals()
  private let flags: [Int: TokenFlags]
  /// The user-defined tokens that are a chat template's.
  private(set) var withheld: Set<Int> = []
  /// The user-defined tokens that anybody's text may speak.
  private var speakable: Set<Int> = []

  /// Those that are looked for in a text as it is, and then those that are looked for in what is left of it, once that
  /// has its normal form.
  private struct Literals: Sendable {
    var asWritten = LiteralTokens([])
    var normalized: LiteralTokens?
  }

  /// How text comes apart before merging.
  enum Method: Sendable {
    /// Into words, and these into bytes.
    case bytes(PreTokenizer, ByteLevelSplitter)
    /// Into words, and these into characters.
    case characters(PreTokenizer, SentencePieceSplitter)
    /// Into characters, with U+2581 for the spaces.
    case sentencePiece(SentencePieceSplitter, SpacePrefix)
    /// As the model's own tokenizer does it.
    case own(any OwnTokenizer)
  }

  /// Whether tokens are spelled in the byte-level alphabet.
  let isByteLevel: Bool
  private let takesWholeWords: Bool
  let statedDropsFirstSpace: Bool?
  /// The file that the description is from, for messages.
  private let path: String?

  /// The tokenizer kinds that can be built, as `tokenizer.ggml.model` names them.
  package static let supportedKinds = ["gpt2", "llama"]

  /// Checks a description and builds the tokenizer.
  ///
  /// - Throws: `TokenizationError`, naming the metadata entry that is wrong and the file, where the description does.
  package init(_ description: TokenizerDescription) throws(TokenizationError) {
    do {
      try self.init(checking: description)
    } catch {
      throw error.placed(in: description.path)
    }
  }

  /// A model's own tokenizer, which is asked for everything but what its tokens are.
  package init(own: any OwnTokenizer) throws(TokenizationError) {
    do {
      try self.init(checking: own.description, own: own)
    } catch {
      throw error.placed(in: own.description.path)
    }
  }

  /// Whether it is the model's own, not one of ours.
  package var isOwn: Bool { if case .own = method { true } else { false } }

  private init(
    checking description: TokenizerDescription, own: (any OwnTokenizer)? = nil
  ) throws(TokenizationError) {
    guard own != nil || Self.supportedKinds.contains(description.kind) else {
      throw .unknownKind(description.kind, supported: Self.supportedKinds)
    }
    if description.tokens.isEmpty { throw .emptyVocabulary }
    let kinds = try Self.kinds(description)
    self.kinds = kinds

    var vocabulary = ByteStringTable(capacity: description.tokens.count)
    for (id, token) in description.tokens.enumerated() {
      if let first = vocabulary.append(token) { throw .duplicateToken(token, first: first, second: id) }
    }
    self.vocabulary = vocabulary
    isByteLevel = description.kind == "gpt2"
    takesWholeWords = description.takesWholeWords
    statedDropsFirstSpace = description.dropsFirstSpace
    path = description.path
    if let own {
      (method, normalizer) = (.own(own), try Self.noNormalizer())
    } else {
      (method, normalizer) = try Self.method(description, vocabulary: vocabulary, kinds: kinds)
    }
    if description.kind == "llama", description.merges.isEmpty {
      guard description.scores.count == description.tokens.count else {
        throw .scoreCount(found: description.scores.count, expected: description.tokens.count)
      }
      if let bad = description.scores.firstIndex(where: \.isNaN) { throw .scoreIsNoNumber(token: bad) }
      encoder = BytePairEncoder(
        merges: MergeTable(scores: description.scores, vocabulary: vocabulary, kinds: kinds))
    } else {
      encoder = BytePairEncoder(
        merges: try MergeTable(description.merges, vocabulary: vocabulary, kinds: kinds))
    }

    func check(_ id: Int?, _ name: String) throws(TokenizationError) -> Int? {
      guard let id, !(0..<vocabulary.count).contains(id) else { return id }
      throw .specialTokenOutOfRange(name: name, id: id, vocabularySize: vocabulary.count)
    }
    beginningOfSequence = try check(description.beginningOfSequence, "bos")
    endOfSequence = try check(description.endOfSequence, "eos")
    endOfTurn = try check(description.endOfTurn, "eot")
    // Nothing but the end of an answer depends on these: one that no token has ends none.
    otherEnds = description.otherEnds.filter { 0..<vocabulary.count ~= $0 }
    unknown = try check(description.unknown, "unknown")
    addsBeginningOfSequence = description.addsBeginningOfSequence

    flags = description.tokenFlags
    try gatherLiterals()
  }

  private static func noNormalizer() throws(TokenizationError) -> Normalizer {
    do {
      return try Normalizer([])
    } catch {
      throw .unsupportedPattern("\(error)")
    }
  }

  private mutating func gatherLiterals() throws(TokenizationError) {
    speakable = Set(kinds.indices.filter { kinds[$0] == .userDefined && !withheld.contains($0) })
    literals = try literals { kinds[$0].isLiteral }
    userDefinedLiterals = try literals { speakable.contains($0) }
  }

  private func literals(where isOne: (Int) -> Bool) throws(TokenizationError) -> Literals {
    var asWritten: [LiteralTokens.Literal] = [], normalized: [LiteralTokens.Literal] = []
    for id in kinds.indices where isOne(id) {
      let flags = flags[id] ?? [], spelling = vocabulary[id]
      if flags.contains(.normalized) {
        let spelling = Array(try self.normalized(spelling, place: .later))
        normalized.append(.init(id: id, spelling: spelling, flags: flags))
      } else {
        asWritten.append(.init(id: id, spelling: Array(spelling), flags: flags))
      }
    }
    return Literals(
      asWritten: LiteralTokens(asWritten), normalized: normalized.isEmpty ? nil : LiteralTokens(normalized))
  }

  private static func method(
    _ description: TokenizerDescription, vocabulary: ByteStringTable, kinds: [TokenKind]
  ) throws(TokenizationError) -> (Method, Normalizer) {
    let isByteLevel = description.kind == "gpt2"
    let unknown = description.unknown.flatMap { kinds.indices.contains($0) ? $0 : nil }
    let characters = SentencePieceSplitter(
      vocabulary: vocabulary, kinds: kinds, unknown: isByteLevel && description.unknownText == nil ? nil : unknown,
      fusesUnknown: description.unknownText != .single)
    do {
      let normalizer = try Normalizer(
        description.rules?.normalizers ?? (description.composesCharacters ? [.nfc] : []))
      if !isByteLevel, description.rules == nil {
        return (.sentencePiece(characters, description.spacePrefix), normalizer)
      }
      let preTokenizer: PreTokenizer
      if let rules = description.rules {
        preTokenizer = try PreTokenizer(rules.preTokenizers)
      } else {
        preTokenizer = try PreTokenizer(NamedPreTokenizer(description.preTokenizer).steps)
      }
      guard preTokenizer.leavesBytes else { return (.characters(preTokenizer, characters), normalizer) }
      let bytes = ByteLevelSplitter(
        vocabulary: vocabulary, unknown: description.unknownText == nil ? nil : unknown,
        fusesUnknown: description.unknownText == .fused)
      return (.bytes(preTokenizer, bytes), normalizer)
    } catch let error as PatternError {
      throw .unsupportedPattern(error.found)
    } catch let error as TokenizationError {
      throw error
    } catch {
      throw .unsupportedPattern("\(error)")
    }
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
  ///   - continuing: whether the text goes on from other text, so that no space is put in front of it.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`, in its file, where a regular expression of the
  ///   tokenizer can't be run over the text.
  package func encode(
    _ text: String, special: SpecialTokenPolicy, continuing: Bool = false
  ) throws(TokenizationError) -> [Int] {
    try encode([TextPiece(text, special: special)], continuing: continuing)
  }

  /// Encodes parts of a text as the one text that they are.
  /// - Parameter continuing: Whether the text goes on from other text, so that no space is put in front of it.
  /// - Throws: `TokenizationError.patternTooSlow(pattern:characters:)`, in its file.
  package func encode(_ pieces: [TextPiece], continuing: Bool = false) throws(TokenizationError) -> [Int] {
    do {
      return try encoded(pieces, continuing: continuing)
    } catch {
      throw error.placed(in: path)
    }
  }

  private func encoded(_ pieces: [TextPiece], continuing: Bool) throws(TokenizationError) -> [Int] {
    if case .own(let own) = method { return try own.encode(pieces, continuing: continuing, withheld: withheld) }
    var bytes: [UInt8] = [], own: [Range<Int>] = []
    for piece in pieces {
      let start = bytes.count
      bytes += piece.text.utf8
      guard piece.special == .parse else { continue }
      if let last = own.last, last.upperBound == start {
        own[own.count - 1] = last.lowerBound..<bytes.count
      } else {
        own.append(start..<bytes.count)
      }
    }
    func isOwn(_ range: Range<Int>) -> Bool {
      own.contains { $0.lowerBound <= range.lowerBound && range.upperBound <= $0.upperBound }
    }
    var tokens: [Int] = []
    tokens.reserveCapacity(bytes.count / 3 + 1)
    var workspace = BytePairEncoder.Workspace()
    let parts = literals.asWritten.parts(of: bytes[...]) { id, range in speakable.contains(id) || isOwn(range) }
    for (index, part) in parts.enumerated() {
      guard case .text(let range) = part else {
        if case .token(let id) = part { tokens.append(id) }
        continue
      }
      let place: Place = index > 0 ? .later : continuing ? .continuing : .start
      let text = try normalized(bytes[range], place: place)
      guard let normalizedLiterals = (isOwn(range) ? literals : userDefinedLiterals).normalized else {
        try encode(text, place: place, into: &tokens, workspace: &workspace)
        continue
      }
      for (index, part) in normalizedLiterals.parts(of: text).enumerated() {
        switch part {
        case .token(let id): tokens.append(id)
        case .text(let range):
          try encode(text[range], place: index > 0 ? .later : place, into: &tokens, workspace: &workspace)
        }
      }
    }
    return tokens
  }

  /// The control and user-defined tokens that a text spells, in its order.
  func literals(in text: String) -> [Int] {
    literals.asWritten.parts(of: Array(text.utf8)[...]).compactMap { part in
      if case .token(let id) = part { id } else { nil }
    }
  }

  /// The same tokenizer, by which no text of anybody's can speak some tokens: a file may call a chat template's token
  /// user-defined, and it steers the model all the same.
  func withoutSpeaking(_ tokens: Set<Int>) throws(TokenizationError) -> Tokenizer {
    var copy = self
    copy.withheld = tokens
    try copy.gatherLiterals()
    return copy
  }

  private typealias Place = SplitText.Place

  /// What becomes of a text before tokens are looked for in its normal form.
  private func normalized(_ text: ArraySlice<UInt8>, place: Place) throws(TokenizationError) -> ArraySlice<UInt8> {
    let text = try normalizer.normalized(text, isContinuing: place == .continuing)
    guard case .sentencePiece(_, .everywhere) = method, !text.isEmpty else { return text }
    return SentencePieceSplitter.spelled(text, prefixed: place != .continuing)[...]
  }

  private func encode(
    _ text: ArraySlice<UInt8>, place: Place, into tokens: inout [Int], workspace: inout BytePairEncoder.Workspace
  ) throws(TokenizationError) {
    switch method {
    case .bytes(let preTokenizer, let splitter):
      let split = try preTokenizer.words(of: text, place: place)
      for range in split.words {
        let word = split.bytes(of: range)
        if takesWholeWords, let id = whole(word.flatMap { ByteAlphabet.spellings[Int($0)] }[...]) {
          tokens.append(id)
        } else {
          encoder.encode(splitter.parts(of: word), into: &tokens, workspace: &workspace)
        }
      }
    case .characters(let preTokenizer, let splitter):
      let split = try preTokenizer.words(of: text, place: place)
      for range in split.words {
        encode(split.bytes(of: range), by: splitter, into: &tokens, workspace: &workspace)
      }
    case .sentencePiece(let splitter, let prefix):
      let beginsWithSpace = text.first == UInt8(ascii: " ") || text.starts(with: SentencePieceSplitter.space)
      let isPrefixed =
        switch (prefix, place) {
        case (.never, _), (.everywhere, _), (_, .continuing): false
        case (.first, let place): place == .start && !beginsWithSpace
        case (.always, _): !beginsWithSpace
        }
      let spelled = SentencePieceSplitter.spelled(text, prefixed: isPrefixed)
      encode(spelled[...], by: splitter, into: &tokens, workspace: &workspace)
    case .own: preconditionFailure("a model's own tokenizer encodes whole texts")
    }
  }

  private func encode(
    _ word: ArraySlice<UInt8>, by splitter: SentencePieceSplitter, into tokens: inout [Int],
    workspace: inout BytePairEncoder.Workspace
  ) {
    if takesWholeWords, let id = whole(word) {
      tokens.append(id)
    } else {
      encoder.encode(splitter.parts(of: word, kinds: kinds), into: &tokens, workspace: &workspace)
    }
  }

  /// The token that a word is as a whole, unless it is one that no text turns into.
  private func whole(_ spelling: ArraySlice<UInt8>) -> Int? {
    vocabulary.index(of: spelling).flatMap { kinds[$0].isSpecial ? nil : $0 }
  }
}
