import JSON
import Stages

/// Settings that a command line gives a manifest in place of its own, such as `model=smollm2`.
package struct GivenSettings: Sendable, Hashable {
  private static let sweep = "sweep."

  private let overrides: [Override]

  /// Reads texts of the form `PATH=VALUE`. A value is JSON, or a text without quotes. The path `sweep.PATH` gives an
  /// axis of the sweep other values.
  package init(_ texts: [String] = []) throws(ManifestError) {
    var overrides: [Override] = []
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw ManifestError(
          at: "--set", found: JSONValue.string(text).summary, expected: "PATH=VALUE, such as decoding.alpha=0.4")
      }
      let path = String(parts[0]), value = String(parts[1])
      let setting = path.hasPrefix(Self.sweep) ? String(path.dropFirst(Self.sweep.count)) : path
      guard ManifestKeys.settable.contains(setting) else {
        throw ManifestError.unknownKey(setting, at: "--set \(path)", known: ManifestKeys.settable)
      }
      overrides.append(Override(path: path, value: (try? JSONValue(parsing: value)) ?? .string(value)))
    }
    self.overrides = overrides
  }

  /// A manifest's text with these settings; the text itself where there are none. `file` names it in errors.
  package func applied(to text: String, named file: String? = nil) throws(ManifestError) -> String {
    guard !overrides.isEmpty else { return text }
    // What is no object, or not JSON at all, is refused where the manifest is read.
    guard let value = try? JSONValue(parsing: text), case .object(var object) = value else { return text }
    do {
      for override in overrides {
        object =
          try override.path.hasPrefix(Self.sweep)
          ? swept(override, in: object) : set(override, in: object)
      }
    } catch {
      var error = error
      error.file = file
      throw error
    }
    return JSONValue.object(object).indented(isSorted: false)
  }

  private func set(_ override: Override, in object: JSONObject) throws(ManifestError) -> JSONObject {
    let path = override.path
    if let axis = Self.axes(of: object).first(where: {
      $0 == path || $0.hasPrefix("\(path).") || path.hasPrefix("\($0).")
    }) {
      throw ManifestError(
        at: "--set \(path)", found: "a setting that the manifest sweeps",
        expected: "one that it does not, or --set 'sweep.\(axis)=[…]' for other values")
    }
    return object.setting(path, to: override.value)
  }

  private func swept(_ override: Override, in object: JSONObject) throws(ManifestError) -> JSONObject {
    let axis = String(override.path.dropFirst(Self.sweep.count)), axes = Self.axes(of: object)
    guard axes.contains(axis), case .object(var sweep) = object["sweep"] else {
      throw ManifestError(
        at: "--set \(override.path)", found: "a setting that the manifest does not sweep",
        expected: axes.isEmpty
          ? "a manifest with a sweep" : "one of " + axes.map { "sweep.\($0)" }.joined(separator: ", "))
    }
    sweep[axis] = override.value
    var object = object
    object["sweep"] = .object(sweep)
    return object
  }

  private static func axes(of object: JSONObject) -> [String] {
    guard case .object(let sweep) = object["sweep"] else { return [] }
    return sweep.members.map(\.key)
  }
}
