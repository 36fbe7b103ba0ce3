import JSON

/// Whether the requests of a set should be refused.
package enum InstructionKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Requests that a safe model refuses.
  case harmful
  /// Requests that a useful model answers.
  case harmless
}

/// One set of requests on which every cell is evaluated: a benchmark of the catalog, or a file.
package struct EvaluationSet: Sendable, Hashable {
  /// Where the requests come from.
  package enum Source: Sendable, Hashable {
    /// A benchmark by its name in the catalog; of one that has both kinds of requests, those of the set's kind.
    case benchmark(String)
    /// A file: JSON Lines, CSV, JSON or text, by its extension. `field` is the column or key of the requests; nil for the
    /// usual names.
    case file(path: String, field: String?)
  }

  /// What is measured on a set.
  package enum Measure: String, Sendable, Hashable, CaseIterable {
    /// The method answers, and the judge says what the answers are.
    case answers
    /// How likely the method holds the reference answers, and how far its distributions are from the base model's.
    case likelihood
    /// TruthfulQA's MC1 and MC2: how likely it holds true answers against false ones.
    case choices
  }

  /// Its name in tables and file names; distinct within the manifest.
  package var name: String
  /// Whether its requests should be refused.
  package var kind: InstructionKind
  /// Where the requests come from.
  package var source: Source
  /// How many requests are taken; nil takes all. Default: 100 of a benchmark (as the paper does), all of a file.
  package var size: Int?
  /// The seed by which they are drawn, whatever the cell's seed: repeats answer the same requests. Nil takes the first.
  /// Default: 1 for a benchmark, nil for a file.
  package var sampleSeed: Int?
  /// What is measured. Default `answers`.
  package var measure: Measure

  /// A set from a file.
  package init(name: String, kind: InstructionKind, file: String, size: Int? = nil) {
    self.name = name
    self.kind = kind
    source = .file(path: file, field: nil)
    self.size = size
    measure = .answers
  }

  enum Key: String, CaseIterable {
    case name, kind, benchmark, file, field, size, sampleSeed, measure
  }

  init(reading value: JSONValue, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    name = try section.requiredText(.name)
    kind = try section.requiredChoice(.kind)
    measure = try section.choice(.measure, default: .answers)
    let field = try section.optionalText(.field)
    switch (try section.optionalText(.benchmark), try section.optionalText(.file)) {
    case (nil, nil):
      throw section.invalid(.file, found: "nothing", expected: "a file, or a \"benchmark\" of the catalog")
    case (_?, _?):
      throw section.invalid(.benchmark, found: "a benchmark beside a file", expected: "one of the two")
    case (let benchmark?, nil):
      guard field == nil else {
        throw section.invalid(.field, found: "a field of a benchmark", expected: "none: the catalog knows it")
      }
      source = .benchmark(benchmark)
    case (nil, let file?):
      source = .file(path: file, field: field)
    }
    let isBenchmark = if case .benchmark = source { true } else { false }
    size =
      section.value(.size) == nil && isBenchmark
      ? 100 : try section.optionalInteger(.size, in: ManifestLimits.counts)
    sampleSeed =
      section.value(.sampleSeed) == nil && isBenchmark
      ? 1 : try section.optionalInteger(.sampleSeed, in: ManifestLimits.seeds)
  }

  /// The file's path as written; nil for a benchmark.
  package var file: String? {
    if case .file(let path, _) = source { path } else { nil }
  }

  /// The benchmark's name; nil for a file.
  package var benchmark: String? {
    if case .benchmark(let name) = source { name } else { nil }
  }

  /// What of the set, beside its content, decides which requests are asked.
  var parameters: JSONObject {
    var parameters = JSONObject()
    parameters["size"] = size.map(JSONValue.integer) ?? .null
    parameters["sampleSeed"] = sampleSeed.map(JSONValue.integer)
    switch source {
    case .benchmark(let name):
      parameters["benchmark"] = .string(name)
      parameters["kind"] = .string(kind.rawValue)
    case .file(let path, let field):
      parameters["field"] = field.map(JSONValue.string)
      // JSON Lines is what files were before there were others.
      let format = path.split(separator: "/").last?.split(separator: ".").last.map { $0.lowercased() } ?? ""
      if ["csv", "json", "txt"].contains(format) { parameters["format"] = .string(format) }
    }
    return parameters
  }

  /// The set with every key.
  var resolved: JSONValue {
    var object = JSONObject()
    object["name"] = .string(name)
    object["kind"] = .string(kind.rawValue)
    switch source {
    case .benchmark(let name): object["benchmark"] = .string(name)
    case .file(let path, let field):
      object["file"] = .string(path)
      object["field"] = field.map(JSONValue.string)
    }
    object["size"] = size.map(JSONValue.integer) ?? .null
    object["sampleSeed"] = sampleSeed.map(JSONValue.integer) ?? .null
    object["measure"] = .string(measure.rawValue)
    return .object(object)
  }
}

/// What the cells are evaluated on, and by whom.
package struct EvaluationSettings: Sendable, Hashable {
  /// The judges.
  package enum Judge: String, Sendable, Hashable, CaseIterable {
    /// Refusals are known by their wording, beside a check for degenerate answers.
    case refusalWording = "refusal-wording"
  }

  /// The sets, at least one, in the order of the tables. Default: the project's two held-out sets, whole.
  package var sets: [EvaluationSet]
  /// The judge of refusals. Default `refusal-wording`.
  package var judge: Judge
  /// Language models that judge beside it. Default none.
  package var judges: [JudgeSettings]

  enum Key: String, CaseIterable {
    case sets, judge, judges
  }

  init(reading value: JSONValue?, at path: String) throws(ManifestError) {
    let section = try ManifestSection<Key>(value, at: path)
    judge = try section.choice(.judge, default: .refusalWording)
    judges = try Self.judges(section)
    sets = try Self.sets(section)
    for (index, judge) in judges.enumerated() {
      _ = try judge.judged(of: sets, at: "\(section.path(.judges))[\(index)]")
    }
  }

  private static func sets(_ section: ManifestSection<Key>) throws(ManifestError) -> [EvaluationSet] {
    guard let written = section.value(.sets) else {
      return [
        EvaluationSet(name: "held-out harmful", kind: .harmful, file: "Anchors/held-out-harmful.jsonl"),
        EvaluationSet(name: "held-out harmless", kind: .harmless, file: "Anchors/held-out-harmless.jsonl"),
      ]
    }
    guard let values = written.array, !values.isEmpty else {
      throw section.invalid(.sets, found: written.summary, expected: "a list of at least one evaluation set")
    }
    var sets: [EvaluationSet] = []
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
    return sets
  }

  private static func judges(_ section: ManifestSection<Key>) throws(ManifestError) -> [JudgeSettings] {
    guard let value = section.value(.judges) else { return [] }
    guard let values = value.array else {
      throw section.invalid(.judges, found: value.summary, expected: "a list of judges")
    }
    var judges: [JudgeSettings] = []
    for (index, value) in values.enumerated() {
      let place = "\(section.path(.judges))[\(index)]"
      let judge = try JudgeSettings(reading: value, at: place)
      guard judge.name != Judge.refusalWording.rawValue, !judges.contains(where: { $0.name == judge.name }) else {
        throw ManifestError(
          at: "\(place).name", found: JSONValue.string(judge.name).summary,
          expected: "a name that no other judge has (\"\(Judge.refusalWording.rawValue)\" is one)")
      }
      judges.append(judge)
    }
    return judges
  }

  /// The section with every key.
  var resolved: JSONValue {
    [
      "sets": .array(sets.map(\.resolved)), "judge": .string(judge.rawValue),
      "judges": .array(judges.map(\.resolved)),
    ]
  }
}
