/// Which of the anchor sets a pair belongs to.
public enum PairCategory: Int, Sendable, CaseIterable {
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
public struct TrainingPair: Sendable, Equatable {
  /// The instruction and everything up to the response's first token.
  public var turn: [Int]
  /// The response, with the token that ends it.
  public var response: [Int]
  /// The set that the pair belongs to.
  public var category: PairCategory
  /// The number of the instruction in its file; a harmful instruction and its harmless twin have the same.
  public var twins: Int

  /// A pair; both parts must hold at least one token.
  public init(turn: [Int], response: [Int], category: PairCategory, twins: Int = 0) {
    precondition(!turn.isEmpty && !response.isEmpty, "a pair needs an instruction and a response")
    self.turn = turn
    self.response = response
    self.category = category
    self.twins = twins
  }
}
