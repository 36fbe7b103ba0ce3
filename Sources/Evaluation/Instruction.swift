/// One request to a model, as an evaluation set or an anchor file holds it.
package struct Instruction: Sendable, Hashable, Codable {
  /// The instruction's name, unique in its file.
  package var id: String
  /// The request's text, exactly as the model gets it.
  package var instruction: String
  /// What the request is about, where the file says so.
  package var topic: String?
  /// The request's grammatical form (`command` or `question` in this project's own files), where the file says so.
  package var form: String?
  /// An answer to compare with, where the file has one: AlpacaEval's reference output, TruthfulQA's best answer.
  package var reference: String?
  /// The answers that count as true (TruthfulQA), where the file lists them.
  package var correct: [String]?
  /// The answers that count as false (TruthfulQA), where the file lists them.
  package var incorrect: [String]?

  /// Makes an instruction from its parts.
  package init(
    id: String, instruction: String, topic: String? = nil, form: String? = nil, reference: String? = nil,
    correct: [String]? = nil, incorrect: [String]? = nil
  ) {
    self.id = id
    self.instruction = instruction
    self.topic = topic
    self.form = form
    self.reference = reference
    self.correct = correct
    self.incorrect = incorrect
  }
}
