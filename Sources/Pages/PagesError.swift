package import Messages

/// Why something can't be shown or labelled.
package enum PagesError: Error, Equatable, CustomStringConvertible {
  /// No cell that is done answered a set of this name.
  case unknownSet(String, known: [String])

  /// What was found, and what was expected.
  package var description: String {
    switch self {
    case .unknownSet(let set, let known):
      "set \"\(set)\": expected one that was answered: " + known.map { "\"\($0)\"" }.joined(separator: ", ")
    }
  }
}

extension PagesError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .unknownSet: .usage
    }
  }
}
