/// Which of the anchor sets a pair belongs to.
package enum PairCategory: Int, Sendable, CaseIterable {
  /// D_HR: a harmful instruction, refused.
  case refused
  /// D_HA: a harmful instruction, answered.
  case answered
  /// D_S: a harmless instruction and its answer.
  case harmless
  /// A harmless instruction, refused: a set of ours, which the paper does not have.
  case harmlessRefused
}

/// An instruction and a response as token ids.
package struct TrainingPair: Sendable, Equatable {
  /// The instruction and everything up to the response's first token.
  package var turn: [Int]
  /// The response, with the token that ends it.
  package var response: [Int]
  /// The set that the pair belongs to.
  package var category: PairCategory
  /// The number of the instruction in its file; a harmful instruction and its harmless twin have the same.
  package var twins: Int

  /// A pair; both parts must hold at least one token.
  package init(turn: [Int], response: [Int], category: PairCategory, twins: Int = 0) {
    precondition(!turn.isEmpty && !response.isEmpty, "a pair needs an instruction and a response")
    self.turn = turn
    self.response = response
    self.category = category
    self.twins = twins
  }
}
