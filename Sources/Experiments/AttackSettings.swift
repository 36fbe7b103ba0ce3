import JSON
package import Stages

/// An attack on a set's requests: transformations by their names, or one of them with what it reads.
package struct AttackSettings: Sendable, Hashable {
  /// The transformations, the first one first.
  package var kinds: [Attack] = []
  package var file: String?
  package var benchmark: String?
  package var goal = "goal"
  package var field = "prompt"
  package var shots = 32

  init() {}

  /// Transformations by their names, joined with `+`.
  package init(named name: String) throws(ManifestError) {
    try self.init(named: name, at: "attack")
  }

  private init(named name: String, at place: String) throws(ManifestError) {
    kinds = try Self.kinds(ManifestValue(value: .string(name), place: place))
    try check(at: place, written: JSONObject())
  }

  /// A manifest's value: a name, or an object.
  init(value: ManifestValue) throws(ManifestError) {
    if let name = value.value?.string {
      try self.init(named: name, at: value.place)
    } else if case .object? = value.value {
      try self.init(reading: value.value, at: value.place)
    } else {
      throw value.invalid(expected: "the name of an attack, or an object with its \"kind\"")
    }
  }

  /// The names of the transformations, joined.
  private var name: String { kinds.map(\.name).joined(separator: "+") }

  /// What the attack does; nil where several transformations follow one another, which read nothing.
  private var kind: Attack.Kind? { kinds.count == 1 ? kinds[0].kind : nil }

  private var hasGoals: Bool { if case .published = kind { benchmark == nil } else { false } }
  private var isBehindDialogues: Bool { if case .dialogues = kind { true } else { false } }

  /// What tables call it: its name, and what tells it from others of the name.
  package var label: String {
    let source = benchmark ?? file.map { String($0.split(separator: "/").last ?? "") }
    return ([name, source.map { "(\($0))" }, isBehindDialogues ? "\(shots)" : nil].compactMap(\.self))
      .joined(separator: " ")
  }

  /// What of it a stage reads, on a set.
  func parameters(on set: EvaluationSet) -> AttackParameters {
    var parameters = AttackParameters(kinds)
    if isBehindDialogues { parameters.shots = shots }
    if case .published = kind {
      // Without a file of its own it reads the set's.
      parameters.benchmark = benchmark ?? (file == nil ? set.benchmark : nil)
      if parameters.benchmark == nil {
        parameters.format = EvaluationSet.ending(of: file ?? set.file ?? "")
        parameters.goal = goal
        parameters.field = field
      }
    }
    return parameters
  }

  /// The value as a manifest has it: a name where that says all.
  var written: JSONValue {
    guard case .object(let object) = resolved, object.members.count > 1 else { return .string(name) }
    return resolved
  }

  private static func kinds(_ value: ManifestValue) throws(ManifestError) -> [Attack] {
    let names = (value.value?.string ?? "").split(separator: "+", omittingEmptySubsequences: false).map {
      $0.filter { !$0.isWhitespace }
    }
    var kinds: [Attack] = []
    for name in names {
      guard let kind = Attack(rawValue: name) else {
        guard value.value?.string != nil else { throw value.invalid(expected: "the name of an attack") }
        let known = Attack.allCases.map { "\"\($0.name)\"" }.joined(separator: ", ")
        throw value.invalid(found: JSONValue.string(name).summary, expected: "one of \(known)")
      }
      kinds.append(kind)
    }
    return kinds
  }
}

extension AttackSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    ManifestKey(
      KeyDescription(
        name: "kind",
        type: .other(
          schema: JSONObject([.init(key: "type", value: "string")]), words: "names of [attacks.md](attacks.md)"),
        isNullable: false, isRequired: true, fallback: nil, example: "base64",
        meaning: "The attack. Join several that need no file with `+`; the first one is applied first."),
      take: { (section, value) throws(ManifestError) in section.kinds = try kinds(value) },
      write: { .string($0.name) }),
    .optionalText(
      "file", \.file, isPath: true, isOmitted: true, example: "translations.jsonl",
      "The file that `translation` (`id` and `instruction`), `many-shot` (`instruction` and `answer`) or `published` "
        + "reads. Without it, `published` reads the set's own file."),
    .optionalText(
      "benchmark", \.benchmark, isOmitted: true, example: "jailbreakbench-gcg-vicuna",
      "For `published`: the catalog benchmark with the texts."),
    text("goal", \.goal, example: "behavior", "For `published` in a file of your own: the field of the plain requests.")
    { $0.hasGoals },
    text("field", \.field, example: "jailbreak", "For `published` in a file of your own: the field of the texts.") {
      $0.hasGoals
    },
    ManifestKey(
      KeyDescription(
        name: "shots", type: .integer(1...10_000), isNullable: false, isRequired: false, fallback: "`32`", example: 8,
        meaning: "For `many-shot`: the number of dialogues, from the start of the file."),
      take: { (section, value) throws(ManifestError) in section.shots = try value.integer(in: 1...10_000) },
      write: { $0.isBehindDialogues ? .integer($0.shots) : Optional.none }),
  ]

  private static func text(
    _ name: String, _ path: any WritableKeyPath<Self, String> & Sendable, example: JSONValue, _ meaning: String,
    where isRead: @escaping @Sendable (Self) -> Bool
  ) -> ManifestKey<Self> {
    ManifestKey(
      KeyDescription(
        name: name, type: .text, isNullable: false, isRequired: false,
        fallback: name == "goal" ? "`\"goal\"`" : "`\"prompt\"`", example: example, meaning: meaning),
      take: { (section, value) throws(ManifestError) in section[keyPath: path] = try value.text() },
      write: { isRead($0) ? .string($0[keyPath: path]) : Optional.none })
  }

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    func refuse(_ key: String, _ found: String, _ expected: String) -> ManifestError {
      ManifestError(at: "\(place).\(key)", found: found, expected: expected)
    }
    if kinds.count > 1, let other = kinds.first(where: { !$0.isRewriting }) {
      throw ManifestError(
        at: place, found: "\"\(other.name)\" joined with others", expected: "it by itself: it reads a file")
    }
    for key in ["goal", "field"] where written[key] != nil && !hasGoals {
      throw refuse(key, "a \(key)", "none: only \"published\" in a file of your own has one")
    }
    guard written["shots"] == nil || isBehindDialogues else {
      throw refuse("shots", "shots for \"\(name)\"", "none: only \"many-shot\" has them")
    }
    switch kind {
    case .published?:
      guard file == nil || benchmark == nil else {
        throw refuse("benchmark", "a benchmark beside a file", "one of the two")
      }
    case .translation?, .dialogues?:
      guard benchmark == nil else { throw refuse("benchmark", "a benchmark for \"\(name)\"", "a \"file\"") }
      guard file != nil else {
        throw refuse("file", "nothing", "the file that \"\(name)\" reads; write { \"kind\": \"\(name)\", \"file\": … }")
      }
    case .rewriting?, nil:
      for (key, value) in [("file", file), ("benchmark", benchmark)] where value != nil {
        throw refuse(key, "a \(key) for \"\(name)\"", "none: it reads nothing")
      }
    }
  }
}
