import Compute
package import EngineContract
import LanguageModel

/// A method as a live batch is given it. What is computed of its prompts is kept, as long as there is room.
package struct LiveMethod: Sendable {
  /// One stream.
  package struct Stream: Sendable {
    /// What decides by a turn whether a stream's hidden states are changed.
    package struct Gate: Sendable {
      /// Whether a turn is let through. It is asked on the batch's own thread, on which models may be run.
      package var isOpen: @Sendable ([Int]) throws -> Bool
      /// The stream for turns that are not.
      package var closed: GenerationStream

      package init(closed: GenerationStream, isOpen: @escaping @Sendable ([Int]) throws -> Bool) {
        self.closed = closed
        self.isOpen = isOpen
      }
    }

    /// The stream, for turns that its gate lets through.
    package var open: GenerationStream
    /// Nil where it is for all turns.
    package var gate: Gate?

    package init(_ open: GenerationStream, gate: Gate? = nil) {
      self.open = open
      self.gate = gate
    }
  }

  /// What tells the method from all others that the batch is given: the same key, the same streams and rule.
  package let key: String
  package let streams: [Stream]
  package let rule: any CombinationRule

  /// A method of as many streams as the rule combines.
  package init(key: String, streams: [Stream], rule: any CombinationRule) {
    precondition(!streams.isEmpty && streams.count == rule.streams, "as many prompts as the rule combines")
    self.key = key
    self.streams = streams
    self.rule = rule
  }

  /// How many tokens an answer may have behind some turns: what the streams' models leave. Below 1, the turns are too
  /// long.
  package func room(for turns: StreamTurns) -> Int {
    streams.enumerated().map { index, stream in
      stream.open.model.positionLimit - stream.open.prompt.rows - turns[index].count
    }.min() ?? 0
  }
}

/// A request to a live batch.
package struct LiveRequest: Sendable {
  /// The method that answers.
  package var method: LiveMethod
  /// What it begins with, and what is told of it.
  package var sequence: SequenceRequest
  /// The longest answer; 0 where only the turn is to be told of.
  package var maximumTokens: Int
  /// Tokens that end the answer.
  package var stopTokens: Set<Int>

  package init(_ sequence: SequenceRequest, under method: LiveMethod, maximumTokens: Int, stopTokens: Set<Int>) {
    self.sequence = sequence
    self.method = method
    self.maximumTokens = maximumTokens
    self.stopTokens = stopTokens
  }
}

/// What a live batch tells of a request, in this order: of its turn where that was asked for, of each token, and how it
/// ended.
package enum LiveEvent: Sendable {
  /// Some more of the turn's tokens, from the second on.
  case prompt([TokenLikelihood])
  case token(Int, TokenLikelihood?, TokenStep?)
  /// The end, with the token by which the model ended the answer; nil where it was as long as allowed.
  case ended(by: Int?, TokenLikelihood?)
  case failed(any Error)
}

/// Why a live batch does not take a request.
package enum LiveBatchError: Error, Hashable, Sendable, CustomStringConvertible {
  /// As many wait as may.
  case full(waiting: Int)
  /// It takes none any more.
  case closing
  /// It was ended before the answer was.
  case stopped

  /// The message for the user.
  package var description: String {
    switch self {
    case .full(let waiting): "\(waiting) requests are waiting, as many as may; try again later."
    case .closing: "The server is closing."
    case .stopped: "The server closed before the answer ended."
    }
  }
}
