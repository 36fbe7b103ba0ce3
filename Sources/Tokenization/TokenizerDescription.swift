/// A tokenizer as a model file describes it: plain data, made by whoever can read the file.
///
/// The fields mirror the `tokenizer.*` metadata of the GGUF specification
/// (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "Tokenizer"). Nothing is checked here; `Tokenizer.init`
/// does that and says what is wrong.
public struct TokenizerDescription: Sendable, Equatable {
  /// The tokenizer's algorithm, `tokenizer.ggml.model`; `"gpt2"` is byte-level byte-pair encoding.
  public var kind: String
  /// The rule that cuts text into words before merging, `tokenizer.ggml.pre`; for example `"smollm"`.
  public var preTokenizer: String
  /// The vocabulary as written in the file (for `"gpt2"`: in the byte-level alphabet); a token's index is its id.
  public var tokens: [String]
  /// The GGUF type of each token: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
  /// Empty means that all tokens are normal.
  public var tokenKinds: [Int]
  /// The merges in order of rank, each as two tokens with one space between them.
  public var merges: [String]
  /// The id of the token that opens a sequence, if there is one.
  public var beginningOfSequence: Int?
  /// The id of the token that ends a sequence, if there is one.
  public var endOfSequence: Int?
  /// The id of the token that ends a turn of a conversation, where the file names one apart from `endOfSequence`.
  public var endOfTurn: Int?
  /// The id of the token that fills up short rows of a batch, if there is one.
  public var padding: Int?
  /// The id that the file gives for unknown text. Byte-level encoding never produces it.
  public var unknown: Int?
  /// Whether the model expects `beginningOfSequence` before its input.
  public var addsBeginningOfSequence: Bool
  /// The chat template's Jinja source, `tokenizer.chat_template`, if the file has one.
  public var chatTemplate: String?

  /// Gathers the fields; those that files leave out have defaults.
  public init(
    kind: String,
    preTokenizer: String,
    tokens: [String],
    tokenKinds: [Int] = [],
    merges: [String],
    beginningOfSequence: Int? = nil,
    endOfSequence: Int? = nil,
    endOfTurn: Int? = nil,
    padding: Int? = nil,
    unknown: Int? = nil,
    addsBeginningOfSequence: Bool = false,
    chatTemplate: String? = nil
  ) {
    self.kind = kind
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.tokenKinds = tokenKinds
    self.merges = merges
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.endOfTurn = endOfTurn
    self.padding = padding
    self.unknown = unknown
    self.addsBeginningOfSequence = addsBeginningOfSequence
    self.chatTemplate = chatTemplate
  }
}
