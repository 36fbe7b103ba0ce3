package import Stages

/// One request to a model, as an evaluation set or an anchor file holds it.
package struct Instruction: Sendable, Hashable, Codable {
  /// The instruction's name, unique in its file.
  package var id: String
  /// The request's text, exactly as the model gets it; of several turns the last one.
  package var instruction: String
  /// The messages before it, where the file has a conversation: a system message or none, then the user and the
  /// assistant in turn.
  package var earlier: [ConversationMessage]?
  /// The request as it was, where the instruction is what an attack made of it.
  package var goal: String?
  /// The text of somebody's attack on the request, where the file has one.
  package var attack: String?
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
    correct: [String]? = nil, incorrect: [String]? = nil, earlier: [ConversationMessage]? = nil, goal: String? = nil,
    attack: String? = nil
  ) {
    self.id = id
    self.instruction = instruction
    self.topic = topic
    self.form = form
    self.reference = reference
    self.correct = correct
    self.incorrect = incorrect
    self.earlier = earlier
    self.goal = goal
    self.attack = attack
  }
}

extension Instruction {
  /// The request as judges and people read it: without an attack; of several turns all.
  package var request: String {
    let request = goal ?? instruction
    return earlier.map { ($0 + [.init(role: .user, content: request)]).text } ?? request
  }

  /// What the model is given, where that is not the request alone.
  package var asked: [ConversationMessage]? {
    goal == nil && earlier == nil ? nil : (earlier ?? []) + [.init(role: .user, content: instruction)]
  }
}
