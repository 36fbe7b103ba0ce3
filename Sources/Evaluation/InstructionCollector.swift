import JSON
import Stages

/// Gathers the instructions of one file: names those that have no name, and sees to it that no two have the same.
struct InstructionCollector {
  let path: String
  private(set) var instructions: [Instruction] = []
  private let name: String
  private var firstLines: [String: Int] = [:]
  private var jsonLineFields: InstructionFields?

  init(path: String, name: String) {
    self.path = path
    self.name = name
  }

  /// The row that comes next in the file, counted from 1.
  private var nextRow: Int { instructions.count + 1 }

  func bad(_ line: Int, _ found: String, expected: String) -> EvaluationError {
    .badLine(path: path, line: line, found: found, expected: expected)
  }

  /// Adds a text that is an instruction by itself.
  mutating func add(text: JSONElement, topic: String?) throws {
    guard case .string(let instruction) = text.value else {
      throw bad(text.line, "\(text.kind) as row \(nextRow)", expected: "a text")
    }
    guard !instruction.isBlank else {
      throw bad(text.line, "an empty text as row \(nextRow)", expected: "a text with something in it")
    }
    try add(Instruction(id: numberedName, instruction: instruction, topic: topic), line: text.line)
  }

  /// Adds the texts that stand under topics, and under topics of topics.
  mutating func add(topics: JSONElement, topic: String?) throws {
    switch topics.value {
    case .object(let members):
      for member in members {
        try add(topics: member.value, topic: topic.map { "\($0) / \(member.key)" } ?? member.key)
      }
    case .array(let texts) where topic != nil:
      for text in texts { try add(text: text, topic: topic) }
    default:
      throw bad(
        topics.line, topic.map { "\(topics.kind) under \"\($0)\"" } ?? topics.kind,
        expected: "an object whose keys are topics, with lists of texts under them")
    }
  }

  /// Adds a line of JSON Lines. The first one settles which field holds the instruction.
  mutating func add(jsonLine line: ArraySlice<UInt8>, number: Int, fields: InstructionFields) throws {
    let anObject = "a JSON object with the instruction's text"
    let row = try InstructionRow(jsonLine: line, number: number, path: path, expected: anObject)
    if fields.isConversation(row.members.map(\.key)) { return try add(row: row, fields: fields) }
    let fields = try jsonLineFields ?? fields.resolved(among: row.members.map(\.key), path: path, line: number)
    jsonLineFields = fields
    try add(row: row, fields: fields)
  }

  /// Adds an object, or a row of named columns.
  mutating func add(object: JSONElement, fields: InstructionFields) throws {
    guard case .object(let members) = object.value else {
      throw bad(object.line, "\(object.kind) as row \(nextRow)", expected: "an object")
    }
    try add(row: InstructionRow(path: path, line: object.line, members: members), fields: fields)
  }

  private mutating func add(row: InstructionRow, fields: InstructionFields) throws {
    var messages = fields.isConversation(row.members.map(\.key)) ? try row.messages() : nil
    var instruction =
      try messages?.popLast()?.content
      ?? row.instruction(fields.instruction ?? "instruction", expected: "the instruction's text")
    if messages?.isEmpty == true { messages = nil }
    // As HarmBench's own requests put the two together.
    if let name = fields.context, let context = try row.text(name), !context.isBlank {
      instruction = "\(context)\n\n---\n\n\(instruction)"
    }
    try add(
      Instruction(
        id: try row.identifier(fields.id) ?? numberedName, instruction: instruction,
        topic: try row.text(fields.topic), form: try row.text(fields.form),
        reference: try row.text(fields.reference),
        correct: try row.answers(fields.correct), incorrect: try row.answers(fields.incorrect), earlier: messages,
        attack: try fields.attack.flatMap(row.text)),
      line: row.line)
  }

  /// Adds a finished instruction.
  mutating func add(_ instruction: Instruction, line: Int) throws {
    if let firstLine = firstLines[instruction.id] {
      throw EvaluationError.duplicateIdentifier(
        path: path, line: line, identifier: instruction.id, firstLine: firstLine)
    }
    firstLines[instruction.id] = line
    instructions.append(instruction)
  }

  private var numberedName: String {
    let digits = "\(nextRow)"
    return "\(name)-\(String(repeating: "0", count: max(4 - digits.count, 0)))\(digits)"
  }
}
