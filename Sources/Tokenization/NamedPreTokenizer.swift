/// The pre-tokenizers that GGUF files call by name, as steps.
///
/// Source: `llama-vocab.cpp` of llama.cpp, for the names and what follows from them. Where it goes round what its own
/// regular expressions can't do, the steps are those of the models' `tokenizer.json`, which it quotes.
struct NamedPreTokenizer: Sendable {
  /// What `tokenizer.ggml.pre` says.
  let names: [String]
  let steps: [PreTokenizerStep]
  /// Whether the models' own files bring text into the normal form C, which GGUF has no place for.
  var composesCharacters = false
  /// Whether a word that is a token is taken whole.
  var takesWholeWords = false
  /// Whether the beginning-of-sequence token is added where the file doesn't say.
  var addsBeginning = false

  /// The rule of a name.
  /// - Throws: `TokenizationError.unknownPreTokenizer`, listing the names.
  init(_ name: String) throws(TokenizationError) {
    guard let rule = Self.all.first(where: { $0.names.contains(name) }) else {
      throw .unknownPreTokenizer(name, supported: Self.all.flatMap(\.names))
    }
    self = rule
  }

  private init(
    _ names: String..., steps: [PreTokenizerStep], composesCharacters: Bool = false, takesWholeWords: Bool = false,
    addsBeginning: Bool = false
  ) {
    self.names = names
    self.steps = steps
    self.composesCharacters = composesCharacters
    self.takesWholeWords = takesWholeWords
    self.addsBeginning = addsBeginning
  }

  /// The name of a list of steps among the first ones, which descriptions of folders have too.
  static func name(of steps: [PreTokenizerStep]) -> String? {
    ["gpt-2", "smollm", "llama-bpe", "qwen2", "bloom"].first { name in
      all.contains { $0.names.first == name && $0.steps == steps }
    }
  }

  /// The rules. Names of encoders, and those that need more than steps, are missing.
  static let all = [
    NamedPreTokenizer(
      "gpt-2", "gpt2", "default", "phi-2", "gigachat", "a.x-4.0", "mellum", "jais", "trillion", "granite-docling",
      "exaone4", steps: [.byteLevel()]),
    NamedPreTokenizer("mpt", "olmo", steps: [.byteLevel()], composesCharacters: true),
    NamedPreTokenizer(
      "smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2",
      steps: [.digits(individually: true), .byteLevel()]),
    NamedPreTokenizer(
      "command-r", steps: [.digits(individually: true), .byteLevel()], composesCharacters: true),
    NamedPreTokenizer(
      "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
      steps: isolated(KnownPattern.llama3.text), takesWholeWords: true, addsBeginning: true),
    NamedPreTokenizer("dbrx", "smaug-bpe", "chatglm-bpe", steps: isolated(KnownPattern.llama3.text)),
    NamedPreTokenizer("glm4", "glm5", steps: isolated(KnownPattern.llama3.text), takesWholeWords: true),
    NamedPreTokenizer(
      "qwen2", "deepseek-r1-qwen", "stablelm2", steps: isolated(KnownPattern.qwen2.text), composesCharacters: true),
    NamedPreTokenizer(
      "kormo", "f2llmv2", "megrez", "hunyuan", "solar-open", "grok-2", steps: isolated(KnownPattern.qwen2.text)),
    NamedPreTokenizer("qwen35", steps: isolated(Patterns.qwen35), composesCharacters: true),
    NamedPreTokenizer("ufakzeka", steps: isolated(Patterns.withoutContractions)),
    NamedPreTokenizer("bloom", "poro-chat", "gpt3-finnish", steps: isolated(KnownPattern.bloom.text)),
    NamedPreTokenizer("viking", steps: isolated(KnownPattern.bloom.text, #"\p{N}"#)),
    NamedPreTokenizer(
      "falcon",
      steps: [
        .punctuation(.contiguous), .byteLevel(), .digits(individually: false),
        .split(.regex("[0-9][0-9][0-9]"), .isolated),
      ]),
    NamedPreTokenizer(
      "deepseek-llm",
      steps: isolated(
        "[\r\n]", Patterns.deepSeekLetters, Patterns.deepSeekSigns, #"\s+$"#, Patterns.deepSeekIdeographs, #"\p{N}"#)),
    NamedPreTokenizer(
      "deepseek-coder",
      steps: isolated("[\r\n]", #"\s?\p{L}+"#, #"\s?\p{P}+"#, Patterns.deepSeekIdeographs, #"\p{N}"#)),
    NamedPreTokenizer(
      "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4",
      steps: isolated(#"\p{N}{1,3}"#, Patterns.ideographsAndKana, Patterns.deepSeek3)),
    NamedPreTokenizer(
      "spark2_5", steps: isolated(#"\p{N}{1,3}"#, Patterns.ideographsAndKana, Patterns.spark, #"\p{N}"#)),
    NamedPreTokenizer(
      "tekken", steps: isolated(Patterns.cased(contractions: false, numbers: #"\p{N}"#)), takesWholeWords: true,
      addsBeginning: true),
    NamedPreTokenizer(
      "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2", steps: isolated(Patterns.o200k)),
    NamedPreTokenizer(
      "tiny_aya", "cohere2moe", steps: isolated(#"\d{1,3}(?=(?:\d{3})*\b)"#, Patterns.o200k)),
    NamedPreTokenizer(
      "youtu", steps: isolated(Patterns.youtu, Patterns.cased(contractions: true, numbers: #"\p{N}"#)),
      takesWholeWords: true),
    NamedPreTokenizer("superbpe", steps: isolated(#"\p{N}+"#, #"(?=(\d{3})+(?!\d))"#)),
    NamedPreTokenizer("bailingmoe", "bailingmoe2", "llada-moe", steps: isolated(Patterns.bailing)),
    NamedPreTokenizer("seed-coder", steps: isolated(Patterns.seedCoder)),
    NamedPreTokenizer("laguna", steps: isolated(#"[^\n]+|[\n]+"#, KnownPattern.qwen2.text)),
    NamedPreTokenizer("exaone-moe", steps: isolated(Patterns.exaoneMoE)),
    NamedPreTokenizer(
      "minicpm5", steps: isolated(#"\p{N}{1,3}"#, KnownPattern.cased(numbers: #"\p{N}+"#)), takesWholeWords: true),
    NamedPreTokenizer("jais-2", steps: isolated(Patterns.jais2)),
    NamedPreTokenizer(
      "chameleon",
      steps: isolated(
        "<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", #"([\t\n]|    |  )"#, #"\p{N}"#,
        #"[\p{P}!-/:-@\[-`{-~]"#, KnownPattern.gpt2.text), addsBeginning: true),
  ]

  /// Splits at each pattern in turn, each match a part of its own, and then the bytes.
  private static func isolated(_ patterns: String...) -> [PreTokenizerStep] {
    patterns.map { .split(.regex($0), .isolated) } + [.byteLevel(usesPattern: false)]
  }
}

/// The longer patterns.
private enum Patterns {
  static let qwen35 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"#
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let withoutContractions =
    #"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let o200k = cased(contractions: true, numbers: #"\p{N}{1,3}"#)

  /// OpenAI's o200k and those made after it: words of one case, or with one capital.
  static func cased(contractions: Bool, numbers: String) -> String {
    let end = contractions ? "(?i:'s|'t|'re|'ve|'m|'ll|'d)?" : ""
    let high = #"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, low = #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#
    let before = #"[^\r\n\p{L}\p{N}]?"#
    return "\(before)\(high)*\(low)+\(end)|\(before)\(high)+\(low)*\(end)|\(numbers)"
      + #"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  }

  private static let sign = ##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+"##
  static let deepSeek3 =
    sign + #"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
  static let spark = sign + #"|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+"#
  static let ideographsAndKana = #"[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+"#
  static let deepSeekIdeographs = #"[\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+"#
  static let deepSeekSigns = #"\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+"#
  static let deepSeekLetters =
    #"\s?["#
    + #"A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}"#
    + #"\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}"#
    + #"\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}"#
    + #"\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}"#
    + #"\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}"#
    + #"\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}"#
    + #"\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}"#
    + #"\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107}\x{210A}-\x{2113}\x{2115}"#
    + #"\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139}"#
    + #"\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}"#
    + #"\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}"#
    + #"\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}"#
    + #"\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}"#
    + #"\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}"#
    + "]+"
  static let youtu =
    #"[\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}"#
    + #"\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|["#
    + #"\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+"#
  static let bailing =
    #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"#
  static let seedCoder =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+"#
    + #"|\s+(?!\S)|\s+"#
  static let exaoneMoE =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}"#
    + #"| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+"#
  static let jais2 =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
    + #"|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)"#
    + #"|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}"#
}
