/// The instructions of one JSON Lines file, in the file's order.
package struct InstructionSet: Sendable, Hashable {
  /// The instructions; never empty, and no two with the same `id`.
  package let instructions: [Instruction]

  /// Reads a whole file's bytes as JSON Lines in the form of this project's own files: one object a line, with the
  /// strings `id` and `instruction` and, where wanted, `topic` and `form`. Other keys are let be, so that a file can
  /// carry notes of its own.
  ///
  /// A byte-order mark, carriage returns and a missing last newline are accepted. A blank line is not: it is more
  /// often a truncated file than a wish.
  ///
  /// - Throws: ``EvaluationError`` with the number of the first line that is wrong.
  package static func parse(_ file: SourceFile) throws -> InstructionSet {
    let path = file.name
    var bytes = Array(file.bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard !bytes.allSatisfy(InstructionReader.isBlank) else { throw EvaluationError.emptyFile(path: path) }

    let anObject = "a JSON object with the strings \"id\" and \"instruction\""
    var collector = InstructionCollector(path: path, name: "")
    for (index, line) in InstructionReader.lines(of: bytes).enumerated() {
      let number = index + 1
      let row = try InstructionRow(jsonLine: line, number: number, path: path, expected: anObject)
      try collector.add(
        Instruction(
          id: try row.requiredText("id", expected: anObject),
          instruction: try row.requiredText("instruction", expected: anObject),
          topic: try row.text("topic"), form: try row.text("form")),
        line: number)
    }
    return InstructionSet(instructions: collector.instructions)
  }
}
