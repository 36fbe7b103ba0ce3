package import JSON

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

  enum Key: String, CaseIterable {
    case schema = "$schema"
    case name, question, comment, seed, model, chatTemplate, precision, anchors, tuning, adapter, decoding, evaluation,
      sweep, baselines
    case published
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
    let section = try ManifestSection<Key>(value, at: "")
    schema = try section.optionalText(.schema)
    name = try section.requiredText(.name)
    question = try section.freeText(.question)
    comment = try section.freeText(.comment)
    settings = try Settings(reading: section)
    var expansion = SweepExpansion(manifest: value.object ?? JSONObject(), settings: settings)
    sweep = try expansion.axes(in: section.value(.sweep))
    baselines = try expansion.baselines(in: section.value(.baselines))
    cells = try expansion.cells(sweep: sweep, baselines: baselines)
    published = try PublishedValues.list(reading: section.value(.published), cells: cells)
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
  package var models: [String] {
    Set(
      cells.flatMap {
        [$0.settings.model] + $0.settings.decoding.otherModels + $0.settings.evaluation.judges.compactMap(\.model)
      }
    ).sorted()
  }

  /// The benchmarks that the cells use, as written, sorted.
  package var benchmarks: [String] {
    Set(cells.flatMap(\.settings.evaluation.sets).compactMap(\.benchmark)).sorted()
  }

  /// The data files that the cells use, as written, sorted.
  package var files: [String] {
    Set(cells.flatMap(\.settings.files)).sorted()
  }
}

extension Settings {
  /// The data files that a cell of these settings reads, as written.
  var files: [String] {
    var files = evaluation.sets.compactMap(\.file)
    if decoding.method.needsAnchors {
      files += [anchors.harmful, anchors.harmless, anchors.systemPrompts]
      if anchors.refusalSource == .wordings { files.append(anchors.refusals) }
    }
    if decoding.method.needsSystemPrompts { files.append(anchors.systemPrompts) }
    if decoding.method.needsDemonstrations { files.append(decoding.demonstrations) }
    return files
  }
}
