/// The names under which a file's rows keep the parts of an instruction: the columns of a CSV file, or the keys of
/// JSON objects. A field other than the instruction's may be missing from the file, or from some of its rows.
package struct InstructionFields: Sendable, Hashable {
  /// The field with the request's text; `nil` for the first of ``usualNames`` that the file's first row has.
  package var instruction: String?
  /// The field with a text that stands before the instruction, as HarmBench's contextual behaviors have one; `nil` for
  /// none.
  package var context: String?
  /// The field with the row's own name. Rows without one are named after the file and numbered.
  package var id: String
  /// The field that says what the request is about.
  package var topic: String
  /// The field with the request's grammatical form.
  package var form: String
  /// The field with an answer to compare with.
  package var reference: String
  /// The field with the true answers: a list, or one text with a semicolon between two answers.
  package var correct: String
  /// The field with the false answers, written in the same way.
  package var incorrect: String
  /// The field with the text of an attack on the request; `nil` for none.
  package var attack: String?
  /// The key under which a JSON object has the list of rows, as JailbreakBench's artifacts do; `nil` for a list by
  /// itself.
  package var list: String?

  /// The names looked for, in this order and in any case, where none is given.
  package static let usualNames = ["instruction", "prompt", "goal", "question"]

  /// The fields of these names; without any, the names that a file of one's own is expected to use.
  package init(
    instruction: String? = nil, context: String? = nil, id: String = "id", topic: String = "topic",
    form: String = "form", reference: String = "reference", correct: String = "correct",
    incorrect: String = "incorrect", attack: String? = nil, list: String? = nil
  ) {
    self.instruction = instruction
    self.context = context
    self.id = id
    self.topic = topic
    self.form = form
    self.reference = reference
    self.correct = correct
    self.incorrect = incorrect
    self.attack = attack
    self.list = list
  }

  /// The same fields with the instruction's name settled by the names that a file's first row has.
  func resolved(among names: [String], path: String, line: Int) throws -> InstructionFields {
    var fields = self
    if let instruction {
      guard names.contains(instruction) else {
        throw EvaluationError.missingField(path: path, line: line, field: instruction, found: names)
      }
      return fields
    }
    for usualName in Self.usualNames {
      if let name = names.first(where: { $0.lowercased() == usualName }) {
        fields.instruction = name
        return fields
      }
    }
    throw EvaluationError.missingField(path: path, line: line, field: nil, found: names)
  }
}
