import JSON

/// The tables of `docs/manifest.md`: made from the declared keys.
package enum ManifestTables {
  /// The tables by their names in the page: the path of the section, or `top`.
  package static var all: [(name: String, markdown: String)] {
    [("top", table(of: ManifestKeys.top))] + tables(of: ManifestKeys.top, under: "")
  }

  /// A page with its tables made anew: each stands between `<!-- keys: NAME -->` and `<!-- end of keys -->`.
  /// - Throws: ``ManifestError`` for a table that the page lacks, or a name that no section has.
  package static func filled(_ page: String) throws(ManifestError) -> String {
    var page = page
    for (name, markdown) in all {
      let start = "<!-- keys: \(name) -->\n", end = "<!-- end of keys -->"
      guard let head = page.firstRange(of: start), let tail = page[head.upperBound...].firstRange(of: end) else {
        throw ManifestError(at: name, found: "no table in the page", expected: "\(start.dropLast()) and \(end)")
      }
      page.replaceSubrange(head.upperBound..<tail.lowerBound, with: "\n\(markdown)\n\n")
    }
    let known = all.map(\.name)
    for match in page.matches(of: /<!-- keys: (.*) -->/) where !known.contains(String(match.output.1)) {
      throw ManifestError(at: String(match.output.1), found: "a table of no section", expected: "one of the sections")
    }
    return page
  }

  private static func tables(of keys: [KeyDescription], under place: String) -> [(name: String, markdown: String)] {
    keys.flatMap { key -> [(name: String, markdown: String)] in
      guard let inner = key.inner else { return [] }
      let name = place + key.name + inner.path.dropLast()
      return [(name, table(of: inner.keys))] + tables(of: inner.keys, under: name + ".")
    }
  }

  private static func table(of keys: [KeyDescription]) -> String {
    let head = ["| key | type and allowed values | default | example | meaning |", "|---|---|---|---|---|"]
    return
      (head
      + keys.map { key in
        "| `\(key.name)` | \(type(of: key)) | \(standard(of: key)) | \(code(key.example)) | \(key.meaning) |"
      }).joined(separator: "\n")
  }

  private static func type(of key: KeyDescription) -> String {
    let words =
      switch key.type {
      case .text: "text"
      case .path: "text, path"
      case .freeText: "string"
      case .boolean: "`true`, `false`"
      case .date: "day, as `2024-07-26`"
      case .integer(ManifestLimits.counts): "count"
      case .integer(ManifestLimits.countsOrZero): "count or 0"
      case .integer(ManifestLimits.seeds): "whole number, 0 to 2⁵³"
      case .integer(let range): "whole number, \(range.lowerBound) to \(range.upperBound)"
      case .number(.positive): "number > 0"
      case .number(.notNegative): "number ≥ 0"
      case .number(.shareAboveZero): "number above 0, at most 1"
      case .number(.shareBelowOne): "number ≥ 0, below 1"
      case .choice(let names, let phrase): phrase ?? names.map { code(.string($0)) }.joined(separator: ", ")
      case .section: "object"
      case .textOrSection: "text, or object"
      case .list(_, let atLeastOne): atLeastOne ? "list of at least one object" : "list of objects"
      case .other(_, let words): words
      }
    return words + (key.isNullable ? ", or `null`" : "") + (key.isRequired ? ", required" : "")
  }

  private static func standard(of key: KeyDescription) -> String {
    if let fallback = key.fallback { return fallback }
    if case .section = key.type { return "all defaults" }
    return key.standard.map(code) ?? "–"
  }

  /// A value as code. A list of objects is too long for a table.
  private static func code(_ value: JSONValue) -> String {
    "`\(spaced(value))`".replacing("|", with: "\\|")
  }

  /// A value as people write it, with spaces.
  private static func spaced(_ value: JSONValue) -> String {
    switch value {
    case .array(let elements): return "[" + elements.map(spaced).joined(separator: ", ") + "]"
    case .object(let object) where object.members.isEmpty: return "{}"
    case .object(let object):
      return "{ "
        + object.members.map { "\(JSONValue.string($0.key).canonical): \(spaced($0.value))" }
        .joined(separator: ", ") + " }"
    default: return value.canonical
    }
  }
}
