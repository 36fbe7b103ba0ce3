package import JSON
package import Stages

/// One setting and the values that a sweep gives it.
package struct SweepAxis: Sendable, Hashable {
  /// The dotted path of the setting, such as `decoding.alpha`.
  package let path: String
  /// The values, at least one, all different, in the order written.
  package let values: [JSONValue]
}

/// One cell of an experiment before anything is known about its inputs' content.
package struct ManifestCell: Sendable, Hashable {
  /// A short name, distinct within the manifest, such as `α 0.4` or `base`.
  package let label: String
  /// What the cell changes in the manifest's settings, in the order in which it is applied.
  package let overrides: [Override]
  /// Whether the cell is a baseline, that is, not a point of the sweep.
  package let isBaseline: Bool
  /// The cell's settings.
  package let settings: Settings
}

/// Expands sweep and baselines into cells, each read anew from the manifest with its overrides applied.
struct SweepExpansion {
  let manifest: JSONObject
  let settings: Settings
  private var labels: [String: Int] = [:]

  init(manifest: JSONObject, settings: Settings) {
    self.manifest = manifest
    self.settings = settings
  }

  func axes(in value: JSONValue?) throws(ManifestError) -> [SweepAxis] {
    guard let value else { return [] }
    guard case .object(let object) = value, !object.members.isEmpty else {
      throw ManifestError(
        at: "sweep", found: value.summary,
        expected: "an object of at least one setting and its values (leave \"sweep\" out for a single cell)")
    }
    var axes: [SweepAxis] = []
    for member in object.members {
      let place = "sweep.\(member.key)"
      try check(member.key, at: place, after: axes.map(\.path))
      guard case .array(let values) = member.value, !values.isEmpty else {
        throw ManifestError(at: place, found: member.value.summary, expected: "a list of at least one value")
      }
      for (index, value) in values.enumerated() {
        if let earlier = values[..<index].firstIndex(of: value) {
          throw ManifestError(
            at: "\(place)[\(index)]", found: "\(value.summary) again",
            expected: "a value that differs from \(place)[\(earlier)]")
        }
      }
      axes.append(SweepAxis(path: member.key, values: values))
    }
    return axes
  }

  func baselines(in value: JSONValue?) throws(ManifestError) -> [[Override]] {
    guard let value else { return [] }
    guard case .array(let elements) = value else {
      throw ManifestError(at: "baselines", found: value.summary, expected: "a list of objects")
    }
    var baselines: [[Override]] = []
    for (index, element) in elements.enumerated() {
      let place = "baselines[\(index)]"
      guard case .object(let object) = element, !object.members.isEmpty else {
        throw ManifestError(
          at: place, found: element.summary, expected: "an object of at least one setting and its value")
      }
      var overrides: [Override] = []
      for member in object.members {
        try check(member.key, at: "\(place).\(member.key)", after: overrides.map(\.path))
        overrides.append(Override(path: member.key, value: member.value))
      }
      baselines.append(overrides)
    }
    return baselines
  }

  /// Refuses a path that is no setting, and one that would undo an earlier override beneath it.
  private func check(_ path: String, at place: String, after earlier: [String]) throws(ManifestError) {
    guard ManifestKeys.settable.contains(path) else {
      throw ManifestError.unknownKey(path, at: place, known: ManifestKeys.settable)
    }
    if let undone = earlier.first(where: { $0.hasPrefix("\(path).") }) {
      throw ManifestError(
        at: place, found: "a section after its own \"\(undone)\"", expected: "the section first, then what it holds")
    }
  }

  mutating func cells(sweep: [SweepAxis], baselines: [[Override]]) throws(ManifestError) -> [ManifestCell] {
    var cells: [ManifestCell] = []
    for (index, overrides) in baselines.enumerated() {
      let places = overrides.map { "baselines[\(index)].\($0.path)" }
      cells.append(try cell(overrides, at: places, isBaseline: true))
    }
    var count = 1
    for axis in sweep {
      let (product, overflow) = count.multipliedReportingOverflow(by: axis.values.count)
      count = overflow ? Int.max : product
    }
    guard count <= ManifestLimits.cells else {
      throw ManifestError(
        at: "sweep", found: count == Int.max ? "too many cells" : "\(count) cells",
        expected: "at most \(ManifestLimits.cells)")
    }
    for number in 0..<count {
      var overrides: [Override] = []
      var places: [String] = []
      var rest = number
      for axis in sweep.reversed() {
        let index = rest % axis.values.count
        rest /= axis.values.count
        overrides.insert(Override(path: axis.path, value: axis.values[index]), at: 0)
        places.insert("sweep.\(axis.path)[\(index)]", at: 0)
      }
      cells.append(try cell(overrides, at: places, isBaseline: false))
    }
    return cells
  }

  private mutating func cell(
    _ overrides: [Override], at places: [String], isBaseline: Bool
  ) throws(ManifestError) -> ManifestCell {
    let label = distinct(CellLabel.text(for: overrides, settings: settings))
    let changed = overrides.reduce(manifest) { $0.setting($1.path, to: $1.value) }
    do {
      let settings = try Settings(manifest: changed)
      return ManifestCell(label: label, overrides: overrides, isBaseline: isBaseline, settings: settings)
    } catch {
      throw locate(error, overrides: overrides, places: places, label: label)
    }
  }

  /// The error with its place told where the value was written: in the sweep or the baseline, not in the settings.
  private func locate(
    _ error: ManifestError, overrides: [Override], places: [String], label: String
  ) -> ManifestError {
    for (override, place) in zip(overrides, places).reversed() {
      let rest = error.place.dropFirst(override.path.count)
      if error.place.hasPrefix(override.path), rest.isEmpty || rest.hasPrefix(".") || rest.hasPrefix("[") {
        return ManifestError(at: place + rest, found: error.found, expected: error.expected)
      }
    }
    return ManifestError(at: "\(error.place) (in the cell \"\(label)\")", found: error.found, expected: error.expected)
  }

  private mutating func distinct(_ label: String) -> String {
    let count = labels[label, default: 0] + 1
    labels[label] = count
    guard count > 1 else { return label }
    return distinct("\(label) (\(count))")
  }
}
