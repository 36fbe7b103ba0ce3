import Compute
import Decoding
import EngineContract
import Foundation
import JSON
import NativeEngine
import Stages
import Tokenization

/// A loaded model at work: its methods, and the batch that all requests join.
struct Session: Sendable {
  let engine: NativeEngine
  let desk: MethodDesk
  let batch: LiveBatch
  let methods: [MethodDesk.Listed]
  let started: Date
  /// The longest answer where a request does not say.
  let maximumTokens: Int

  var tokenizer: Tokenizer { engine.tokenizer }

  /// Requests that are ready, of which each has some answers, in the batch.
  /// - Parameters:
  ///   - ranks: How many of the likeliest tokens are told.
  ///   - tellsPrompt: Whether the prompts' own tokens are told of.
  func submit(
    _ requests: [MethodDesk.Ready], _ sampling: SamplingFields, ranks: Int? = nil, tellsPrompt: Bool = false,
    tellsSteps: Bool = false
  ) throws(APIError) -> [AsyncStream<LiveEvent>] {
    let seed = sampling.seed ?? UInt64.random(in: 0...UInt64(Int64.max))
    var made: [LiveRequest] = []
    for (place, request) in requests.enumerated() {
      let least = sampling.maximumTokens == 0 ? 0 : 1
      guard request.room >= least else {
        throw .tooLong(
          tokens: request.promptTokens, answer: sampling.maximumTokens ?? 1, limit: engine.dimensions.positionLimit)
      }
      let vocabulary = engine.dimensions.vocabularySize
      for stream in request.method.streams.indices {
        if let unknown = request.turns[stream].first(where: { $0 >= vocabulary }) {
          throw .field("prompt", found: "token \(unknown)", expected: "ids below \(vocabulary)")
        }
      }
      for answer in 0..<sampling.count {
        let sample = GenerationRequest.sample(of: place, answer: answer)
        made.append(
          LiveRequest(
            SequenceRequest(
              turns: request.turns, choice: TokenChoice(sampling.sampler, seed: seed, sample: sample), ranks: ranks,
              tellsPrompt: tellsPrompt, tellsSteps: tellsSteps),
            under: request.method, maximumTokens: min(sampling.maximumTokens ?? maximumTokens, request.room),
            stopTokens: Set(engine.conversation.stopTokens)))
      }
    }
    do {
      return try batch.submit(made)
    } catch {
      throw refusal(error)
    }
  }

  private func refusal(_ error: LiveBatchError) -> APIError {
    guard case .full(let waiting) = error else { return .closing }
    return .full(waiting: waiting, seconds: min(60, max(1, Int(batch.load.seconds.rounded(.up)))))
  }

  /// A reader of one answer.
  func reader(_ events: AsyncStream<LiveEvent>, stop: [String] = []) -> AnswerReader {
    AnswerReader(events, tokenizer: tokenizer, stop: stop)
  }
}

extension APIError {
  /// What is said of an error that is not one of this wing's.
  init(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as LiveBatchError where error == .stopped || error == .closing: self = .closing
    case is MemoryError:
      self.init(503, "\(error)", type: "server_error", code: "out_of_memory", retryAfter: 10)
    default: self.init(500, "\(error)", type: "server_error", code: "internal_error")
    }
  }
}
