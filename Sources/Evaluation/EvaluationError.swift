package import Messages

/// What can be wrong with the data that an evaluation reads.
package enum EvaluationError: Error, Equatable, CustomStringConvertible {
  /// The file holds no instruction at all.
  case emptyFile(path: String)
  /// A line, counted from 1, is not an instruction.
  case badLine(path: String, line: Int, found: String, expected: String)
  /// Two lines, counted from 1, carry the same identifier.
  case duplicateIdentifier(path: String, line: Int, identifier: String, firstLine: Int)
  /// The file's name does not say in which format it is.
  case unknownFormat(path: String)
  /// No field of the file is the one that holds the instruction. `field` is the one asked for, if one was.
  case missingField(path: String, line: Int, field: String?, found: [String])
  /// A field was named for a file whose instructions stand in no fields.
  case noFields(path: String, field: String)
  /// The file lacks what is asked of it.
  case malformed(path: String, place: String, found: String, expected: String)
  /// Fewer rows than a manifest's key asks for.
  case tooFew(path: String, found: Int, wanted: Int, key: String)

  /// One sentence or two: the file, the place in it, what was found, what was expected, what to do.
  package var description: String {
    switch self {
    case .emptyFile(let path):
      "\(path): the file is empty; expected at least one instruction, in JSON Lines for one "
        + "{\"id\": …, \"instruction\": …} a line. Write at least one instruction to it, or name another file."
    case .badLine(let path, let line, let found, let expected):
      "\(path), line \(line): found \(found); expected \(expected). Correct the line or remove it."
    case .duplicateIdentifier(let path, let line, let identifier, let firstLine):
      "\(path), line \(line): the id \"\(identifier)\" is already on line \(firstLine); "
        + "expected every id once. Give one of the two another id."
    case .unknownFormat(let path):
      "\(path): the file name does not show its format; expected a name ending in .jsonl, .csv, .json or .txt. "
        + "Rename the file."
    case .missingField(let path, let line, let field?, let found):
      "\(path), line \(line): found no field \"\(field)\", only \(Self.list(found)); expected the field with the "
        + "instruction. Name one of the fields that are there."
    case .missingField(let path, let line, nil, let found):
      "\(path), line \(line): found the fields \(Self.list(found)); expected one of "
        + "\(Self.list(InstructionFields.usualNames)). Name the field with the instruction."
    case .noFields(let path, let field):
      "\(path): the field \"\(field)\" was asked for, but this file is a plain list of texts without fields. "
        + "Leave the field out."
    case .malformed(let path, let place, let found, let expected):
      "\(path): \(place): found \(found), expected \(expected)"
    case .tooFew(let path, let found, let wanted, let key):
      "\(path): found \(found) instructions, expected at least \(wanted), which \(key) asks for; lower it or add to "
        + "the file"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.map { "\"\($0)\"" }.joined(separator: ", ")
  }
}

extension EvaluationError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .badData }
}
