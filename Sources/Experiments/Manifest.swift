package import JSON
package import Stages

/// An experiment as its author writes it: a question, settings that differ from the defaults, a sweep over some of
/// them, and baselines to compare with. Reading it is strict: what is not known or not possible is refused with the
/// path to it.
///
/// Paths of files stand as written. They are looked up from the repository's root (the current folder), else from
/// the manifest's folder; that is the caller's work, as this wing reads no disk.
package struct Manifest: Sendable, Hashable {
  /// A short name for listings.
  package let name: String
  /// The question that the experiment answers; may be empty. No part of any hash.
  package let question: String
  /// Free text; may be empty. No part of any hash.
  package let comment: String
  /// The settings before any override of the sweep or of a baseline.
  package let settings: Settings
  /// The sweep's axes in the order written; empty when there is no sweep.
  package let sweep: [SweepAxis]
  /// The baselines: for each, what it overrides.
  package let baselines: [[Override]]
  /// The cells: the baselines in the order written, then the sweep's Cartesian product with its last axis fastest
  /// (or, without a sweep, one cell of the settings as they are).
  package let cells: [ManifestCell]
  /// What publications report for the cells.
  package let published: [PublishedValues]
  private let schema: String?

  /// What names the experiment; no part of any hash.
  struct Heading: ManifestSection {
    var schema: String?
    var name = ""
    var question = ""
    var comment = ""

    static let keys: [ManifestKey<Self>] = [
      .optionalText(
        "$schema", \.schema, isOmitted: true, example: "schema/experiment.schema.json",
        "The path of the schema, for editors."),
      .text("name", \.name, isRequired: true, example: "alpha", "A short name for listings."),
      .freeText(
        "question", \.question, example: "Which α is best?",
        "The question that the experiment answers. The report begins with it."),
      .freeText("comment", \.comment, example: "Run on two cores.", "Free text."),
    ]
  }

  /// What is made of the settings: its keys are read once they are known.
  struct Tail: ManifestSection {
    static let keys: [ManifestKey<Self>] = [
      key(
        "sweep", words: "object", example: ["decoding.alpha": [0, 0.4]],
        "Settings by dotted path, each with a list of values. The cells are the product of the lists: "
          + "[Sweep](#sweep)."),
      key(
        "baselines", words: "list of objects", standard: [], example: [["decoding.method": "base"]],
        "Cells to compare with, each given by the settings that it overrides: [Baselines](#baselines)."),
      ManifestKey(
        KeyDescription(
          name: "published", type: .list(of: PublishedValues.section, atLeastOne: false), isNullable: false,
          isRequired: false, fallback: "`[]`", example: PublishedValues.example,
          meaning: "Values that a publication reports for the cells. Reports print them beside the measured ones."),
        take: { (_, _) throws(ManifestError) in }, write: { _ in nil }),
    ]

    private static func key(
      _ name: String, words: String, standard: JSONValue? = nil, example: JSONValue, _ meaning: String
    ) -> ManifestKey<Self> {
      ManifestKey(
        KeyDescription(
          name: name, type: .other(schema: JSONObject(), words: words), isNullable: false, isRequired: false,
          fallback: standard == nil ? "none" : nil, example: example, meaning: meaning),
        take: { (_, _) throws(ManifestError) in }, write: { _ in standard })
    }
  }

  /// The manifest in a JSON text. `file` names it in errors. Throws for text that is not strict JSON and for
  /// everything that `init(_:named:)` refuses.
  package init(parsing text: String, named file: String? = nil) throws(ManifestError) {
    let value: JSONValue
    do {
      value = try JSONValue(parsing: text)
    } catch {
      var error = ManifestError(error)
      error.file = file
      throw error
    }
    try self.init(value, named: file)
  }

  /// The manifest in a JSON value. `file` names it in errors. Throws for unknown keys, wrong types, impossible
  /// values, an empty sweep, more than 10,000 cells, and for any cell whose settings are refused.
  package init(_ value: JSONValue, named file: String? = nil) throws(ManifestError) {
    do {
      try self.init(reading: value)
    } catch {
      var error = error
      error.file = file
      throw error
    }
  }

  private init(reading value: JSONValue) throws(ManifestError) {
    let object = try Heading.object(value, at: "")
    let heading = try Heading(
      object: object, at: "", besides: Settings.keys.map(\.name) + Tail.keys.map(\.name))
    schema = heading.schema
    name = heading.name
    question = heading.question
    comment = heading.comment
    settings = try Settings(manifest: object)
    var expansion = SweepExpansion(manifest: object, settings: settings)
    sweep = try expansion.axes(in: object["sweep"])
    baselines = try expansion.baselines(in: object["baselines"])
    cells = try expansion.cells(sweep: sweep, baselines: baselines)
    published = try PublishedValues.list(reading: object["published"], cells: cells)
  }

  /// The whole manifest with every default written out.
  package var resolved: JSONValue {
    var object = JSONObject()
    object["$schema"] = schema.map(JSONValue.string)
    object["name"] = .string(name)
    object["question"] = .string(question)
    object["comment"] = .string(comment)
    for member in settings.resolved.object?.members ?? [] {
      object[member.key] = member.value
    }
    if !sweep.isEmpty {
      object["sweep"] = .object(JSONObject(sweep.map { .init(key: $0.path, value: .array($0.values)) }))
    }
    object["baselines"] = .array(baselines.map { Override.object(of: $0) })
    if !published.isEmpty { object["published"] = .array(published.map(\.resolved)) }
    return .object(object)
  }

  /// The models that the cells use, as written, sorted.
  package var models: [String] { Set(cells.flatMap { $0.settings.models + $0.settings.judgingModels }).sorted() }

  /// Those that our own engine computes with in some cell; it judges in all of them.
  package var nativeModels: Set<String> {
    Set(cells.flatMap { ($0.settings.engine.kind == .native ? $0.settings.models : []) + $0.settings.judgingModels })
  }

  /// The benchmarks that the cells use, as written, sorted.
  package var benchmarks: [String] {
    let sets = cells.flatMap(\.settings.evaluation.sets)
    return Set(sets.flatMap { [$0.benchmark, $0.attack?.benchmark].compactMap(\.self) }).sorted()
  }

  /// The data files that the cells use, as written, sorted.
  package var files: [String] {
    Set(cells.flatMap(\.settings.files)).sorted()
  }
}

extension Settings {
  /// The models that answer.
  fileprivate var models: [String] {
    evaluation.isGiven ? [] : [model] + anchorModels + decoding.otherModels
  }

  /// The models that judge.
  fileprivate var judgingModels: [String] { evaluation.judges.compactMap(\.model) }

  /// The settings in a manifest's object, whose other keys others read.
  init(manifest: JSONObject) throws(ManifestError) {
    try self.init(
      object: manifest, at: "", besides: Manifest.Heading.keys.map(\.name) + Manifest.Tail.keys.map(\.name))
    // What a manifest says of an adapter stands on what the method's authors do, and the method is known only now.
    let written = try AdapterSettings.object(manifest["adapter"], at: "adapter")
    adapter = try AdapterSettings(
      object: written, at: "adapter", besides: [], from: AdapterSettings(for: decoding.method, written: written.keys))
  }
}
