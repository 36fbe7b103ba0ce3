/// One answer: a row of `generations.jsonl`, in the order of the evaluation set.
package struct Generation: Sendable, Hashable, Codable {
  /// Why an answer ended.
  package enum Finish: String, Sendable, Hashable, Codable, CaseIterable {
    /// The model ended its turn.
    case end
    /// The greatest number of tokens was reached.
    case length
    /// There is none: with an answer the request is longer than what the model can read.
    case tooLong = "too long"
  }

  /// The request's identifier in its file; of a further answer to it, with the answer's number: `h001#2`.
  package let id: String
  /// The request, as reports and judges read it: without what an attack made of it; of several turns all.
  package let instruction: String
  /// What the model was given instead, under an attack or with several turns; nil for the instruction alone.
  package let asked: [ConversationMessage]?
  /// The request's identifier, where the row's is another.
  package let request: String?
  /// The answer as text.
  package let text: String
  /// The answer as token ids, without the one that ended the turn.
  package let tokens: [Int]
  /// Why the answer ended.
  package let finish: Finish
  /// Whether the answer begins within thinking aloud, which the chat template opened; nil where it does not.
  package let beginsInThought: Bool?

  /// The request as the model read it, attack included; of several turns all, as `instruction` has them.
  package var given: String {
    guard let asked, asked.count == 1 else { return instruction }
    return asked[0].content
  }

  package init(
    id: String, instruction: String, text: String, tokens: [Int], finish: Finish, beginsInThought: Bool = false,
    asked: [ConversationMessage]? = nil, request: String? = nil
  ) {
    self.id = id
    self.instruction = instruction
    self.asked = asked
    self.request = request
    self.text = text
    self.tokens = tokens
    self.finish = finish
    self.beginsInThought = beginsInThought ? true : nil
  }
}

extension Generation {
  /// The request's identifier in its file.
  package var requestID: String { request ?? id }
}
