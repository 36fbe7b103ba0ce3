/// A tokenizer as a model file describes it: plain data, made by whoever can read the file.
///
/// The fields mirror the `tokenizer.*` metadata of the GGUF specification
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "Tokenizer"). Nothing is checked here; `Tokenizer.init`
/// does that and says what is wrong.
package struct TokenizerDescription: Sendable, Equatable {
  /// The tokenizer's algorithm, `tokenizer.ggml.model`: `"gpt2"` is byte-level byte-pair encoding, `"llama"` that of
  /// SentencePiece, on characters, with bytes for those that the vocabulary lacks.
  package var kind: String
  /// The rule that cuts text into words before merging, `tokenizer.ggml.pre`; for example `"smollm"`.
  package var preTokenizer: String
  /// The vocabulary as written in the file (for `"gpt2"`: in the byte-level alphabet); a token's index is its id.
  package var tokens: [String]
  /// The GGUF type of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
  /// Empty means that all tokens are normal.
  package var tokenKinds: [Int]
  /// How tokens that are cut out of text whole are found there, by id; without an entry, wherever they are spelled.
  package var tokenFlags: [Int: TokenFlags] = [:]
  /// The merges in order of rank, each as two tokens with one space between them.
  package var merges: [String]
  /// The score of each token, for `"llama"`: without merges, the pair whose token scores highest is merged first.
  package var scores: [Float]
  /// Where a space is put in front of a text, for `"llama"`.
  package var spacePrefix: SpacePrefix
  /// Whether text is brought into Unicode's normal form C first.
  package var composesCharacters: Bool
  /// Whether a word that is a token is taken whole, even where merges lead elsewhere.
  package var takesWholeWords: Bool
  /// The id of the token that opens a sequence, if there is one.
  package var beginningOfSequence: Int?
  /// The id of the token that ends a sequence, if there is one.
  package var endOfSequence: Int?
  /// The id of the token that ends a turn of a conversation, where the file names one apart from `endOfSequence`.
  package var endOfTurn: Int?
  /// Further ids that end an answer, in ascending order.
  package var otherEnds: [Int]
  /// The id that the file gives for unknown text. Byte-level encoding never produces it.
  package var unknown: Int?
  /// Whether the model expects `beginningOfSequence` before its input.
  package var addsBeginningOfSequence: Bool
  /// The chat template's Jinja source, `tokenizer.chat_template`, if the file has one.
  package var chatTemplate: String?
  /// What is done to a text before merging, where `preTokenizer`, `spacePrefix` and `composesCharacters` can't say it;
  /// these three then say nothing.
  package var rules: TokenizerRules?
  /// What becomes of text that the vocabulary has no token for.
  package var unknownText: UnknownText?
  /// Whether decoding drops the first space of a text; without a value, where encoding puts one there.
  package var dropsFirstSpace: Bool?
  /// What the user should know about this tokenizer, each a message of one line.
  package var warnings: [String] = []
  /// The file that the description is from, for messages.
  package var path: String?
  /// What runs a model's own tokenizer, with its version; nil of one of ours.
  package var library: String?

  /// The kind of a tokenizer that is the model's own.
  package static let ownKind = "own"

  /// Gathers the fields; those that files leave out have defaults.
  package init(
    kind: String,
    preTokenizer: String,
    tokens: [String],
    tokenKinds: [Int] = [],
    merges: [String],
    scores: [Float] = [],
    spacePrefix: SpacePrefix = .never,
    composesCharacters: Bool = false,
    takesWholeWords: Bool = false,
    beginningOfSequence: Int? = nil,
    endOfSequence: Int? = nil,
    endOfTurn: Int? = nil,
    otherEnds: [Int] = [],
    unknown: Int? = nil,
    addsBeginningOfSequence: Bool = false,
    chatTemplate: String? = nil
  ) {
    self.kind = kind
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.tokenKinds = tokenKinds
    self.merges = merges
    self.scores = scores
    self.spacePrefix = spacePrefix
    self.composesCharacters = composesCharacters
    self.takesWholeWords = takesWholeWords
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.endOfTurn = endOfTurn
    self.otherEnds = otherEnds
    self.unknown = unknown
    self.addsBeginningOfSequence = addsBeginningOfSequence
    self.chatTemplate = chatTemplate
  }

  /// The flags of ``tokenFlags`` that change ids: without a normal form, there is none to look for tokens in.
  package var effectiveTokenFlags: [Int: TokenFlags] {
    let hasNormalForm = rules.map { !$0.normalizers.isEmpty } ?? (composesCharacters || spacePrefix == .everywhere)
    return tokenFlags.mapValues { hasNormalForm ? $0 : $0.subtracting(.normalized) }.filter { !$0.value.isEmpty }
  }
}

/// What becomes of text that the vocabulary has no token for, where it isn't what the tokenizer's kind does: `"llama"`
/// makes one unknown token of all that stands together, `"gpt2"` leaves it out.
package enum UnknownText: String, Sendable, Equatable {
  /// One unknown token for all that stands together: `fuse_unk`.
  case fused
  /// One unknown token for each character.
  case single
}

/// Where a tokenizer of SentencePiece's kind puts a space in front of a text, so that a word is the same token at its
/// start and within it.
package enum SpacePrefix: String, Sendable, Equatable {
  /// Nowhere.
  case never
  /// In front of each text that stands between special tokens, even where it begins with a space: the `Prepend`
  /// normalizer of `tokenizer.json`, and GGUF's `add_space_prefix`.
  case everywhere
  /// At the start of the whole text, unless it begins with a space: `Metaspace` with `prepend_scheme` `first`.
  case first
  /// In front of each text that stands between special tokens, unless it begins with a space: `prepend_scheme`
  /// `always`.
  case always
}
