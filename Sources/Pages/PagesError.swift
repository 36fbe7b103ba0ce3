package import Messages

/// Why something can't be shown or labelled.
package enum PagesError: Error, Equatable, CustomStringConvertible {
  /// No cell that is done answered a set of this name.
  case unknownSet(String, known: [String])
  /// A set whose answers are right or wrong by their numbers.
  case nothingToLabel(set: String)

  /// What was found, and what was expected.
  package var description: String {
    switch self {
    case .unknownSet(let set, let known):
      "set \"\(set)\": expected one that was answered: " + known.map { "\"\($0)\"" }.joined(separator: ", ")
    case .nothingToLabel(let set):
      "set \"\(set)\": its answers are right or wrong by their numbers, found nothing to label; expected a set whose "
        + "answers are refused or not"
    }
  }
}

extension PagesError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .unknownSet, .nothingToLabel: .usage
    }
  }
}
