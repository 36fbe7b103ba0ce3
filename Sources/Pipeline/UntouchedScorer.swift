import EngineContract
import Foundation
import Records
import Stages
import Tokenization

/// Scores texts under a model as its users get it: the request without a system message, then the text.
struct UntouchedScorer {
  /// A text to score behind a request.
  struct Text {
    var request: String
    var tokens: [Int]
  }

  let engine: any Engine
  private let frame: ConversationFrame
  private let method: MethodSetup

  /// So many texts are scored before what is done is written down.
  private static let checkpointInterval = 128

  init(on engine: any Engine) throws {
    self.engine = engine
    frame = try engine.conversation.frame(.absent)
    method = MethodSetup(frame.prompt())
  }

  /// A request as the model's users put it.
  func turn(_ request: String) throws -> [Int] { try frame.turn(request) }

  /// Answers that the model gives by itself.
  func answers(
    to requests: [GenerationRequest], sampling: AnswerSampling, in context: some StageContext
  ) throws -> [GeneratedAnswer] {
    try AnswerCheckpoint(in: context.workFolder, on: context.machine).answers(
      to: requests, by: engine, under: method, sampling: sampling,
      onProgress: { try context.report($0, before: $1) })
  }

  /// Whether a request leaves room for so many tokens.
  func hasRoom(for turn: [Int], tokens: Int) -> Bool { engine.room(for: [turn], under: method) >= tokens }

  /// The log-probabilities of each text's tokens, in nats, in the texts' order; empty for a text that is empty or
  /// leaves the model no room. What an earlier process left is not computed again.
  func logProbabilities(of texts: [Text], in context: some StageContext) throws -> [[Double]] {
    let file = try context.workFolder.appendingPathComponent("scores"), machine = context.machine
    var requests: [(place: Int, request: ContinuationRequest)] = []
    for (place, text) in texts.enumerated() where !text.tokens.isEmpty {
      let turn = try turn(text.request)
      guard hasRoom(for: turn, tokens: text.tokens.count) else { continue }
      requests.append((place, ContinuationRequest(turns: [turn], continuation: text.tokens)))
    }
    var scores = SealedCheckpoint.read([[Double]].self, from: file, on: machine) ?? []
    let fits =
      scores.count <= requests.count
      && zip(scores, requests).allSatisfy { $0.count == $1.request.continuation.count }
    if !fits { scores = [] }
    let before = scores.count
    while scores.count < requests.count {
      let done = scores.count
      let part = requests[done..<min(done + Self.checkpointInterval, requests.count)]
      scores += try engine.scores(of: part.map(\.request), under: method, reference: nil) { count in
        try context.checkCancellation()
        context.report(StageProgress(done + count, of: requests.count, startedAt: before, unit: "texts"))
      }.map(\.logProbabilities)
      try SealedCheckpoint.write(scores, to: file, on: machine)
    }
    var found = [[Double]](repeating: [], count: texts.count)
    for (request, score) in zip(requests, scores) { found[request.place] = score }
    return found
  }

  /// A text's log-likelihood in nats a token; nil of a text that was not scored.
  static func mean(_ logProbabilities: [Double]) -> Double? {
    let mean = logProbabilities.reduce(0, +) / Double(logProbabilities.count)
    return mean.isFinite ? mean : nil
  }
}
