/// What can be wrong with the data that an evaluation reads.
public enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// The file holds no instruction at all.
  case emptyFile(path: String)
  /// A line, counted from 1, is not an instruction.
  case badLine(path: String, line: Int, found: String, expected: String)
  /// Two lines, counted from 1, carry the same identifier.
  case duplicateIdentifier(path: String, line: Int, identifier: String, firstLine: Int)

  /// One sentence or two: the file, the place in it, what was found, what was expected, what to do.
  public var description: String {
    switch self {
    case .emptyFile(let path):
      "\(path): the file is empty; expected JSON Lines, one {\"id\": …, \"instruction\": …} a line. "
        + "Write at least one instruction to it, or name another file."
    case .badLine(let path, let line, let found, let expected):
      "\(path), line \(line): found \(found); expected \(expected). Correct the line or remove it."
    case .duplicateIdentifier(let path, let line, let identifier, let firstLine):
      "\(path), line \(line): the id \"\(identifier)\" already stands on line \(firstLine); "
        + "expected every id once. Give one of the two another id."
    }
  }
}
