import JSON
import ModelFiles

/// What `tokenizer.json` does to a text before merging and after decoding, as it is written there.
struct TokenizerSteps {
  private(set) var normalizers: [NormalizerStep] = []
  private(set) var preTokenizers: [PreTokenizerStep] = []
  /// Whether decoding drops the first space; nil without a decoder.
  private(set) var dropsFirstSpace: Bool?

  /// Whether the vocabulary is written in the byte-level alphabet.
  var isByteLevel: Bool {
    preTokenizers.contains { if case .byteLevel = $0 { true } else { false } }
  }

  /// Reads the steps.
  /// - Throws: `ModelFileError` for a step that is not known, naming it.
  init(_ tokenizer: JSONNode) throws(ModelFileError) {
    if let node = try tokenizer.optional("normalizer") {
      for step in try node.steps("normalizers") { normalizers.append(try Self.normalizer(step)) }
      do { _ = try Normalizer(normalizers) } catch { throw node.unsupported("pattern", error) }
    }
    if let node = try tokenizer.optional("pre_tokenizer") {
      for step in try node.steps("pretokenizers") { preTokenizers += try Self.preTokenizer(step) }
      do { _ = try PreTokenizer(preTokenizers) } catch { throw node.unsupported("pattern", error) }
    }
    if let node = try tokenizer.optional("decoder") { dropsFirstSpace = try decoder(node) }
  }

  // MARK: Normalizers

  private static func normalizer(_ step: JSONNode) throws(ModelFileError) -> NormalizerStep {
    switch try step.member("type").string() {
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "Lowercase": return .lowercase
    case "Prepend": return .prepend(try step.member("prepend").string())
    case "Strip":
      return .strip(
        left: try step.optional("strip_left")?.bool() ?? true, right: try step.optional("strip_right")?.bool() ?? true)
    case "Replace": return .replace(try pattern(step), try step.member("content").string())
    case let type:
      throw step.unsupported("type", found: type, expected: "NFC, NFD, Lowercase, Prepend, Strip or Replace")
    }
  }

  private static func pattern(_ step: JSONNode) throws(ModelFileError) -> TextPattern {
    let node = try step.member("pattern")
    if let regex = try node.optional("Regex") { return .regex(try regex.string()) }
    let text = try node.member("String").string()
    if text.isEmpty { throw step.unsupported("pattern", found: "an empty text", expected: "a text or a Regex") }
    return .text(text)
  }

  // MARK: Pre-tokenizers

  private static func preTokenizer(_ step: JSONNode) throws(ModelFileError) -> [PreTokenizerStep] {
    switch try step.member("type").string() {
    case "Sequence":
      var steps: [PreTokenizerStep] = []
      for inner in try step.steps("pretokenizers") { steps += try preTokenizer(inner) }
      return steps
    case "ByteLevel":
      return [
        .byteLevel(
          addsSpace: try step.optional("add_prefix_space")?.bool() ?? true,
          usesPattern: try step.optional("use_regex")?.bool() ?? true)
      ]
    case "Digits": return [.digits(individually: try step.optional("individual_digits")?.bool() ?? false)]
    case "Split":
      return [
        .split(try pattern(step), try behavior(step), isInverted: try step.optional("invert")?.bool() ?? false)
      ]
    case "Punctuation": return [.punctuation(try behavior(step))]
    case "CharDelimiterSplit": return [.split(.text(try step.member("delimiter").string()), .removed)]
    case "Metaspace":
      let mark = try step.optional("replacement")?.string() ?? "\u{2581}"
      return [
        .metaspace(mark, try prefix(step), splits: try step.optional("split")?.bool() ?? true)
      ]
    case "Whitespace": return [.whitespace]
    case "WhitespaceSplit": return [.whitespaceSplit]
    case "BertPreTokenizer": return [.whitespaceSplit, .punctuation(.isolated)]
    case let type:
      throw step.unsupported(
        "type", found: type,
        expected:
          "ByteLevel, Digits, Split, Punctuation, CharDelimiterSplit, Metaspace, Whitespace, WhitespaceSplit or "
          + "BertPreTokenizer")
    }
  }

  private static func behavior(_ step: JSONNode) throws(ModelFileError) -> SplitBehavior {
    guard let name = try step.optional("behavior")?.string() else { return .isolated }
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw step.unsupported(
        "behavior", found: name, expected: SplitBehavior.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return behavior
  }

  /// Where `Metaspace` puts a space: by its scheme or, in older files, by `add_prefix_space`.
  private static func prefix(_ step: JSONNode) throws(ModelFileError) -> SpacePrefix {
    let scheme = try step.optional("prepend_scheme")?.string() ?? "always"
    guard let prefix = ["first": SpacePrefix.first, "always": .always, "never": .never][scheme] else {
      throw step.unsupported("prepend_scheme", found: scheme, expected: "first, always or never")
    }
    return try step.optional("add_prefix_space")?.bool() == false ? .never : prefix
  }

  // MARK: Decoders

  /// Whether the decoder drops the first space.
  private func decoder(_ node: JSONNode) throws(ModelFileError) -> Bool {
    var drops = false
    for step in try node.steps("decoders") {
      let type = try step.member("type").string()
      switch type {
      case "ByteLevel" where isByteLevel: break
      case "Fuse" where !isByteLevel, "ByteFallback" where !isByteLevel: break
      case "Metaspace" where !isByteLevel: drops = try Self.prefix(step) != .never
      case "Replace" where !isByteLevel:
        guard try Self.pattern(step) == .text("\u{2581}"), try step.member("content").string() == " " else {
          throw step.unsupported("pattern", found: "another replacement", expected: "U+2581 by a space")
        }
      case "Strip" where !isByteLevel:
        guard try step.member("content").string() == " ", try step.member("start").integer() == 1,
          try step.member("stop").integer() == 0
        else { throw step.unsupported("type", found: "another Strip", expected: "that of one space at the start") }
        drops = true
      default:
        throw step.unsupported(
          "type", found: type,
          expected: isByteLevel ? "ByteLevel" : "Metaspace, or Replace, ByteFallback, Fuse and Strip")
      }
    }
    return drops
  }

  // MARK: Shorter descriptions

  /// GGUF's name for the rule of a byte-level tokenizer, and whether the text has its normal form, if that is all.
  var byteLevelName: (name: String, composesCharacters: Bool)? {
    guard normalizers.isEmpty || normalizers == [.nfc], let name = NamedPreTokenizer.name(of: preTokenizers) else {
      return nil
    }
    return (name, !normalizers.isEmpty)
  }

  /// Where a tokenizer of SentencePiece's kind puts a space, and whether the text has its normal form, if that is all.
  var spacePrefix: (prefix: SpacePrefix, composesCharacters: Bool)? {
    let mark = "\u{2581}", marks = NormalizerStep.replace(.text(" "), mark)
    let composes = normalizers.first == .nfc
    switch (Array(composes ? normalizers.dropFirst() : normalizers[...]), preTokenizers) {
    case ([.prepend(mark), marks], []), ([marks, .prepend(mark)], []): return (.everywhere, composes)
    case ([marks], []): return (.never, composes)
    // Gemma: at spaces, of which none is left once the normalizer has replaced them.
    case ([marks], let steps)
    where steps.count == 1 && SplitBehavior.allCases.contains { steps[0] == .split(.text(" "), $0) }:
      return (.never, composes)
    default: break
    }
    guard normalizers.count == (composes ? 1 : 0), preTokenizers.count == 1,
      case .metaspace(mark, let prefix, splits: false) = preTokenizers[0]
    else { return nil }
    return (prefix, composes)
  }
}

extension JSONNode {
  /// The steps of a `Sequence`, or this one alone.
  func steps(_ key: String) throws(ModelFileError) -> [JSONNode] {
    guard try member("type").string() == "Sequence" else { return [self] }
    return try member(key).elements()
  }

  /// The error that says that a value is not supported.
  func unsupported(_ key: String, found: String, expected: String) -> ModelFileError {
    .unsupported(path: path, place: "\(place), \"\(key)\"", found: found, expected: expected)
  }

  fileprivate func unsupported(_ key: String, _ error: PatternError) -> ModelFileError {
    unsupported(key, found: error.found, expected: "a regular expression without it")
  }
}
