/// One answer: a row of `generations.jsonl`, in the order of the evaluation set.
package struct Generation: Sendable, Hashable, Codable {
  /// Why an answer ended.
  package enum Finish: String, Sendable, Hashable, Codable, CaseIterable {
    /// The model ended its turn.
    case end
    /// The greatest number of tokens was reached.
    case length
  }

  /// The request's identifier in its file.
  package let id: String
  /// The request.
  package let instruction: String
  /// The answer as text.
  package let text: String
  /// The answer as token ids, without the one that ended the turn.
  package let tokens: [Int]
  /// Why the answer ended.
  package let finish: Finish

  package init(id: String, instruction: String, text: String, tokens: [Int], finish: Finish) {
    self.id = id
    self.instruction = instruction
    self.text = text
    self.tokens = tokens
    self.finish = finish
  }
}
