import JSON
package import Stages

/// One set of requests on which every cell is evaluated: a benchmark of the catalog, or a file.
package struct EvaluationSet: Sendable, Hashable {
  /// What is measured on a set.
  package enum Measure: String, Sendable, Hashable, CaseIterable {
    /// The method answers, and the judge says what the answers are.
    case answers
    /// How likely the method holds the reference answers, and how far its distributions are from the base model's.
    case likelihood
    /// TruthfulQA's MC1 and MC2: how likely it holds true answers against false ones.
    case choices
    /// The method answers, and the answer's last number is compared with that of the reference answer.
    case number

    /// What is scored; nil where the method answers.
    var scored: ScoresStage.Measure? { ScoresStage.Measure(rawValue: rawValue) }
  }

  package var name = ""
  package var kind = InstructionKind.harmful
  package var benchmark: String?
  package var file: String?
  package var field: String?
  package var size: Int?
  package var sampleSeed: Int?
  package var measure = Measure.answers
  /// The longest answer; nil for `decoding.maximumTokens`.
  package var maximumTokens: Int?
  /// What the requests are transformed by; nil for nothing.
  package var attack: AttackSettings?
  /// Further attacks on the same requests, each a set of its own once the list of sets is read.
  var attacks: [AttackSettings] = []
  /// The file with answers that came from elsewhere; nil where the method answers.
  package var answers: String?

  init() {}

  /// A set from a file.
  package init(name: String, kind: InstructionKind, file: String, size: Int? = nil) {
    self.name = name
    self.kind = kind
    self.file = file
    self.size = size
  }

  private static let formats = ["jsonl", "csv", "json", "txt"]

  /// How the names of compressed files end; what stands before that says the format.
  private static let compressions = [".gz", ".xz"]

  /// A file's name without the folder, and without what says that it is compressed.
  private static func plainName(of file: String) -> Substring {
    let name = file.split(separator: "/").last ?? ""
    return compressions.contains { name.lowercased().hasSuffix($0) } ? name.dropLast(3) : name
  }

  /// What stands behind the last dot of a file's name, in small letters.
  static func ending(of file: String) -> String {
    let parts = plainName(of: file).split(separator: ".", omittingEmptySubsequences: false)
    return parts.count > 1 ? parts.last?.lowercased() ?? "" : ""
  }

  /// The file's name without folder and extension: what rows without a name of their own are named after.
  private var rowName: String {
    let name = String(Self.plainName(of: file ?? ""))
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// What of the set, beside its content, decides which requests are asked.
  /// - Parameter isNumbered: Whether rows of the file have no name of their own.
  package func selection(isNumbered: Bool) -> RequestSelection {
    let source: RequestSelection.Source =
      if let benchmark {
        .benchmark(benchmark, kind)
      } else {
        .file(format: Self.ending(of: file ?? ""), field: field, rowName: isNumbered ? rowName : nil)
      }
    return RequestSelection(
      source: source, size: size, sampleSeed: sampleSeed, attack: attack?.parameters(on: self))
  }

  /// The set as it stands, and one for each of its further attacks.
  var withAttacks: [EvaluationSet] {
    var plain = self
    plain.attacks = []
    return [plain]
      + attacks.map { attack in
        var set = plain
        set.attack = attack
        set.name = "\(name) under \(attack.label)"
        return set
      }
  }

  /// Whether this is the other set without its attack.
  package func isPlain(of other: EvaluationSet) -> Bool {
    guard attack == nil, other.attack != nil else { return false }
    var plain = other
    plain.attack = nil
    plain.name = name
    return plain == self
  }
}

extension EvaluationSet: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .text("name", \.name, isRequired: true, example: "mine", "Its name in tables. Names must be distinct."),
    .choice(
      "kind", \.kind, isRequired: true, example: "harmful",
      "Whether its requests should be refused. For a benchmark with both kinds (XSTest), only requests of this kind "
        + "are used."),
    .optionalText(
      "benchmark", \.benchmark, isOmitted: true, example: "xstest",
      "A benchmark from the catalog (listed by `swift run ablate fetch`). Either this or `file` is required."),
    .optionalText(
      "file", \.file, isPath: true, isOmitted: true, example: "mine.jsonl",
      "A file of requests. The extension gives the format: JSON Lines, `.csv`, `.json` (texts, objects, or objects by "
        + "topic) or `.txt` (one a line), optionally compressed as `.gz` or `.xz`."),
    .optionalText(
      "field", \.field, isOmitted: true, example: "goal",
      "The column or key of the requests. `null` tries the usual names (`instruction`, `prompt`, `goal`, `question`)."),
    .optionalInteger(
      "size", \.size, in: ManifestLimits.counts, fallback: "100 of a benchmark, `null` for a file",
      from: { $0.benchmark == nil ? nil : 100 }, example: 20, "The number of requests. `null` uses all."),
    .optionalInteger(
      "sampleSeed", \.sampleSeed, in: ManifestLimits.seeds, fallback: "1 for a benchmark, `null` for a file",
      from: { $0.benchmark == nil ? nil : 1 }, example: 7,
      "The seed of the selection. It is independent of `seed`, so repeats answer the same requests. A larger sample "
        + "contains the smaller one. `null` uses the first requests."),
    .choice(
      "measure", \.measure, example: "likelihood",
      "`answers`: the method answers and the judge judges. `likelihood`: the perplexity of the reference answers "
        + "(AlpacaEval, TruthfulQA, or `reference` in a file), cut to `decoding.maximumTokens`, and the divergence of "
        + "the method's distributions from the untuned model's along them. `choices`: TruthfulQA's MC1 and MC2. "
        + "`number`: the method answers, and the answer is correct if its last number is that of the reference answer "
        + "(GSM8K)."),
    .optionalInteger(
      "maximumTokens", \.maximumTokens, in: ManifestLimits.counts, fallback: "`decoding.maximumTokens`", example: 256,
      "For this set: the maximum length of an answer, or of the scored part of a reference answer, in tokens."),
    ManifestKey(
      KeyDescription(
        name: "attack", type: .textOrSection(AttackSettings.description), isNullable: true, isRequired: false,
        fallback: "no attack", example: "past-tense",
        meaning:
          "The [attack](attacks.md) that transforms the selected requests: a name, several names joined with `+`, or "
          + "an object for attacks that read a file. Reports pair the set with the one that has the same requests "
          + "and no attack."),
      take: { (section, value) throws(ManifestError) in
        section.attack = value.value == .null ? nil : try AttackSettings(value: value)
      }, write: { $0.attack?.written }),
    ManifestKey(
      KeyDescription(
        name: "attacks",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: "array"), .init(key: "minItems", value: 1),
            .init(key: "items", value: ["type": ["string", "object"]]),
          ]), words: "list of attacks"),
        isNullable: false, isRequired: false, fallback: "–", example: ["past-tense", "base64"],
        meaning:
          "Adds one set for each of these attacks, named like `mine under base64`. Each is written like `attack`."),
      take: { (section, value) throws(ManifestError) in
        guard let list = value.value?.array, !list.isEmpty else {
          throw value.invalid(expected: "a list of at least one attack")
        }
        section.attacks = try list.enumerated().map { (index, written) throws(ManifestError) in
          try AttackSettings(value: ManifestValue(value: written, place: "\(value.place)[\(index)]"))
        }
      }, write: { _ in nil }),
    .optionalText(
      "answers", \.answers, isPath: true, isOmitted: true, example: "answers/vllm.jsonl",
      "A file with answers from elsewhere, used instead of the method's: JSON Lines with the request's `id` or its "
        + "text (`instruction`, `prompt`, `question`), and the answer (`answer`, `response`, `output`). Either all "
        + "sets have such a file or none: [Answers from elsewhere](#answers-from-elsewhere)."),
  ]

  static let schemaRules = JSONObject([
    .init(key: "oneOf", value: [["required": ["file"]], ["required": ["benchmark"]]])
  ])

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    guard answers == nil || measure == .answers else {
      throw ManifestError(
        at: "\(place).answers", found: "answers to a set whose measure is \"\(measure.rawValue)\"",
        expected: "none: only a model can be measured so")
    }
    switch (benchmark, file) {
    case (nil, nil):
      throw ManifestError(
        at: "\(place).file", found: "nothing", expected: "a file, or a \"benchmark\" of the catalog")
    case (_?, _?):
      throw ManifestError(at: "\(place).benchmark", found: "a benchmark beside a file", expected: "one of the two")
    case (_?, nil) where field != nil:
      throw ManifestError(
        at: "\(place).field", found: "a field of a benchmark", expected: "none: the catalog knows it")
    case (nil, let file?):
      let format = Self.ending(of: file)
      guard Self.formats.contains(format) else {
        throw ManifestError(
          at: "\(place).file", found: JSONValue.string(file).summary,
          expected: "a name that ends with \(Self.formats.map { ".\($0)" }.joined(separator: ", "))"
            + ", and then .gz or .xz where it is compressed")
      }
    default: break
    }
    guard attack == nil && attacks.isEmpty || measure == .answers else {
      throw ManifestError(
        at: "\(place).attack", found: "an attack on a set that is scored", expected: "none, or \"measure\": \"answers\""
      )
    }
    guard answers == nil || attacks.isEmpty else {
      throw ManifestError(
        at: "\(place).attacks", found: "\"attacks\" beside \"answers\"",
        expected: "one of the two: the file's answers are to one form of the requests")
    }
    guard attack == nil || attacks.isEmpty else {
      throw ManifestError(
        at: "\(place).attacks", found: "\"attacks\" beside \"attack\"",
        expected: "one of the two; \"attacks\" keeps the plain set beside them")
    }
  }
}
