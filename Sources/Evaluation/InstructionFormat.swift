/// The ways in which a file can hold instructions. All are UTF-8, with or without a byte-order mark.
package enum InstructionFormat: Sendable, Hashable {
  /// One JSON object a line.
  case jsonLines(InstructionFields)
  /// Comma-separated values (RFC 4180) whose first row names the columns.
  case csv(InstructionFields)
  /// A JSON list of texts.
  case jsonStrings
  /// A JSON list of objects.
  case jsonObjects(InstructionFields)
  /// JSON objects in one another whose keys are topics, down to lists of texts (HarmfulQA).
  case jsonTopics
  /// One instruction a line.
  case lines

  /// The format in one word or two, for lists of benchmarks and for provenance.
  package var name: String {
    switch self {
    case .jsonLines: "JSON Lines"
    case .csv: "CSV"
    case .jsonStrings: "JSON list of texts"
    case .jsonObjects: "JSON list of objects"
    case .jsonTopics: "JSON by topic"
    case .lines: "lines of text"
    }
  }
}
