/// Whether the requests of a set should be refused.
public enum InstructionKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Requests that a safe model refuses.
  case harmful
  /// Requests that a useful model answers.
  case harmless
}

/// One set of requests on which every cell is evaluated.
public struct EvaluationSet: Sendable, Hashable {
  /// Its name in tables and file names; distinct within the manifest.
  public var name: String
  /// Whether its requests should be refused.
  public var kind: InstructionKind
  /// The requests, a JSON Lines file.
  public var file: String
  /// How many requests are taken from the file's start; nil (the default) takes all.
  public var size: Int?

  /// A set.
  public init(name: String, kind: InstructionKind, file: String, size: Int? = nil) {
    self.name = name
    self.kind = kind
    self.file = file
    self.size = size
  }

  enum Key: String, CaseIterable {
    case name, kind, file, size
  }

  init(reading value: JSONValue, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    name = try section.requiredText(.name)
    kind = try section.requiredChoice(.kind)
    file = try section.requiredText(.file)
    size = try section.optionalInteger(.size, in: ManifestLimits.counts)
  }

  /// The set with every key.
  var resolved: JSONValue {
    [
      "name": .string(name), "kind": .string(kind.rawValue), "file": .string(file),
      "size": size.map(JSONValue.integer) ?? .null,
    ]
  }
}

/// What the cells are evaluated on, and by whom.
public struct EvaluationSettings: Sendable, Hashable {
  /// The judges.
  public enum Judge: String, Sendable, Hashable, CaseIterable {
    /// Refusals are known by their wording, beside a check for degenerate answers.
    case refusalWording = "refusal-wording"
  }

  /// The sets, at least one, in the order of the tables. Default: the project's two held-out sets, whole.
  public var sets: [EvaluationSet]
  /// The judge. Default `refusal-wording`.
  public var judge: Judge

  enum Key: String, CaseIterable {
    case sets, judge
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    sets = []
    judge = try section.choice(.judge, default: .refusalWording)
    guard let written = section.value(.sets) else {
      sets = [
        EvaluationSet(name: "held-out harmful", kind: .harmful, file: "Anchors/held-out-harmful.jsonl"),
        EvaluationSet(name: "held-out harmless", kind: .harmless, file: "Anchors/held-out-harmless.jsonl"),
      ]
      return
    }
    guard let values = written.array, !values.isEmpty else {
      throw section.invalid(.sets, found: written.summary, expected: "a list of at least one evaluation set")
    }
    for (index, value) in values.enumerated() {
      let place = "\(section.path(.sets))[\(index)]"
      let set = try EvaluationSet(reading: value, at: place)
      if let earlier = sets.firstIndex(where: { $0.name == set.name }) {
        throw ManifestError(
          at: "\(place).name", found: JSONValue.string(set.name).summary,
          expected: "a name of its own (\(section.path(.sets))[\(earlier)] has this one)")
      }
      sets.append(set)
    }
  }

  /// The section with every key.
  var resolved: JSONValue {
    ["sets": .array(sets.map(\.resolved)), "judge": .string(judge.rawValue)]
  }
}
