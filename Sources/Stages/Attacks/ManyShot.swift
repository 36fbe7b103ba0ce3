extension Attack {
  /// Dialogues in which everything is answered stand before the request, in the same message.
  package static let manyShot = Attack(
    "many-shot", "dialogues from a file, all of them answered, before the request in one message",
    source: "Anil et al., Many-shot Jailbreaking, NeurIPS 2024", .dialogues)

  /// A question and its answer, as a file of dialogues has them.
  package typealias Dialogue = (instruction: String, answer: String)

  /// A request behind dialogues, written out as the paper's figure has them.
  package static func text(of request: String, behind dialogues: [Dialogue]) -> String {
    let shots = dialogues.map { "User: \($0.instruction)\nAssistant: \($0.answer)\n\n" }
    return shots.joined() + "User: \(request)\nAssistant:"
  }
}
