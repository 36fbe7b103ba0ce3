/// One request to a model, as an evaluation set or an anchor file holds it.
public struct Instruction: Sendable, Hashable, Codable {
  /// The instruction's name, unique in its file.
  public var id: String
  /// The request's text, exactly as the model gets it.
  public var instruction: String
  /// What the request is about, where the file says so.
  public var topic: String?
  /// The request's grammatical form (`command` or `question` in this project's own files), where the file says so.
  public var form: String?

  /// Makes an instruction from its parts.
  public init(id: String, instruction: String, topic: String? = nil, form: String? = nil) {
    self.id = id
    self.instruction = instruction
    self.topic = topic
    self.form = form
  }
}
