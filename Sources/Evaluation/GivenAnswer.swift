import JSON
package import Stages

/// An answer that came from elsewhere: from another engine, a server, another tool.
package struct GivenAnswer: Sendable, Hashable {
  /// What it answers.
  package var request: Instruction
  /// The answer.
  package var text: String
  /// Whether its length ended it.
  package var isCut: Bool

  package init(request: Instruction, text: String, isCut: Bool) {
    self.request = request
    self.text = text
    self.isCut = isCut
  }

  /// The names under which rows have the answer, looked for in this order.
  static let usualNames = ["answer", "response", "output", "generation", "completion"]
  /// The names under which rows have the request.
  static let requestNames = InstructionFields.usualNames + ["request", "behavior", "forbidden_prompt"]
}

extension SourceFile {
  /// The answers of this file to the requests of a selection, in its order.
  ///
  /// A row is a JSON object a line: the request's `id`, or its text, and the answer. Answers to requests of the set
  /// that are not asked are let be.
  /// - Throws: ``EvaluationError`` with the line of a row that is of no request of the set, or of one that has another
  ///   answer, and where a request has none.
  package func givenAnswers(to selection: RequestSelection, in requests: SourceFile) throws -> [GivenAnswer] {
    let everything = RequestSelection(source: selection.source, size: nil, sampleSeed: nil)
    let known = try requests.instructions(everything)
    let rows = try GivenAnswerRows(self, requests: known)
    let asked = try requests.instructions(selection)
    return try asked.map { request in
      guard let row = rows.answer(to: request) else {
        throw malformed(
          at: request.id, found: "no answer",
          expected: "one for each of the \(asked.count) requests that the set asks, by its id or its text")
      }
      return GivenAnswer(request: request, text: row.text, isCut: row.isCut)
    }
  }
}

/// The rows of a file of answers, by what they answer.
private struct GivenAnswerRows {
  struct Row {
    var text: String
    var isCut: Bool
    var line: Int
  }

  private var byID: [String: Row] = [:]
  private var byText: [String: Row] = [:]

  init(_ file: SourceFile, requests: [Instruction]) throws {
    let path = file.name, texts = Set(requests.map(\.instruction))
    let byName = Dictionary(requests.map { ($0.id, $0.instruction) }) { first, _ in first }
    var bytes = Array(file.bytes)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
    guard !bytes.allSatisfy(InstructionReader.isBlank) else {
      throw file.malformed(at: "the file", found: "no line", expected: "an answer a line, as JSON Lines")
    }
    let anObject = "a JSON object with the request's \"id\" or text and its \"answer\""
    for (index, line) in InstructionReader.lines(of: bytes).enumerated() {
      let row = try InstructionRow(jsonLine: line, number: index + 1, path: path, expected: anObject)
      func bad(_ found: String, _ expected: String) -> EvaluationError {
        .badLine(path: path, line: index + 1, found: found, expected: expected)
      }
      guard let answer = try GivenAnswer.usualNames.lazy.compactMap({ try row.text($0) }).first else {
        let names = GivenAnswer.usualNames.map { "\"\($0)\"" }.joined(separator: ", ")
        throw bad("no answer", "one of \(names)")
      }
      let finish = try row.text("finish_reason") ?? row.text("finish")
      let found = Row(text: answer, isCut: finish == "length", line: index + 1)
      let request = try GivenAnswer.requestNames.lazy.compactMap { try row.text($0) }.first
      if let id = try row.identifier("id") {
        guard let text = byName[id] else {
          throw bad("the id \"\(id)\"", "the id of a request of the set, or none beside the request's text")
        }
        guard request == nil || request == text else {
          throw bad("another text than the set has under the id \"\(id)\"", "the same request, or the id alone")
        }
        if let earlier = byID[id] {
          throw EvaluationError.duplicateIdentifier(
            path: path, line: index + 1, identifier: id, firstLine: earlier.line)
        }
        byID[id] = found
      } else {
        guard let request else { throw bad("neither an id nor a request", anObject) }
        guard texts.contains(request) else { throw bad("a request that the set does not have", "one of the set's") }
        if let earlier = byText[request], earlier.text != found.text {
          throw bad("another answer to the request of line \(earlier.line)", "one answer a request")
        }
        byText[request] = found
      }
    }
  }

  func answer(to request: Instruction) -> Row? { byID[request.id] ?? byText[request.instruction] }
}
