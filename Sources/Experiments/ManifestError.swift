import JSON
package import Messages

/// A manifest that can't be used: the file, the place in it, what was found, and what was expected instead.
package struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The manifest's file, as the caller named it; nil when it has none.
  package var file: String?
  /// The path of the key, such as `sweep.decoding.alpha[2]`, or the line and column where the text is not JSON.
  package var place: String
  /// What stands there.
  package let found: String
  /// What should stand there.
  package let expected: String

  init(at place: String, found: String, expected: String) {
    self.place = place
    self.found = found
    self.expected = expected
  }

  init(_ syntax: JSONSyntaxError) {
    self.init(at: "line \(syntax.line), column \(syntax.column)", found: syntax.found, expected: syntax.expected)
  }

  /// The file, the place, the finding and the expectation in one line.
  package var description: String {
    (file.map { "\($0): " } ?? "") + "\(place): found \(found), expected \(expected)"
  }
}

extension ManifestError {
  /// The error for a key that is not known, with the nearest known one, or what there is when none is near.
  static func unknownKey(_ key: String, at place: String, known: [String]) -> ManifestError {
    let expected: String
    if let nearest = Spelling.near(to: key, among: known).first {
      expected = "a known key (did you mean \"\(nearest)\"?)"
    } else if case let endings = known.filter({ $0.hasSuffix(".\(key)") }), !endings.isEmpty {
      let meant = endings.map { "\"\($0)\"" }.joined(separator: " or ")
      expected = "a setting's whole path (did you mean \(meant)?)"
    } else if known.count > 20 {
      expected = "the path of a setting, such as \"seed\" or \"decoding.alpha\""
    } else {
      expected = "one of " + known.map { "\"\($0)\"" }.joined(separator: ", ")
    }
    return ManifestError(at: place, found: "the unknown key \(JSONValue.string(key).summary)", expected: expected)
  }
}

extension ManifestError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
