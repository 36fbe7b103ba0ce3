import Compute
import Foundation
package import LanguageModel

/// A given continuation, to be scored token by token under a method.
package struct ContinuationRequest: Sendable {
  /// The instruction and everything up to the continuation's first token, for each stream, the reference stream last; one
  /// for all where they are the same.
  package var turns: [[Int]]
  /// The continuation's tokens.
  package var continuation: [Int]

  /// A request; turns and continuation must each hold at least one token.
  package init(turns: [[Int]], continuation: [Int]) {
    precondition(!turns.isEmpty && turns.allSatisfy { !$0.isEmpty } && !continuation.isEmpty, "nothing to score")
    self.turns = turns
    self.continuation = continuation
  }
}

/// How a method holds a continuation.
package struct ContinuationScore: Sendable, Equatable {
  /// The log-probability of each token behind those before it, in nats; −∞ for one that the method bars.
  package var logProbabilities: [Double]
  /// The Kullback-Leibler divergence of the method's distribution from the reference stream's at each token, in nats; empty
  /// without such a stream.
  package var divergences: [Double]
}

/// Scores given continuations under a method: what `Generator` would find if it were made to say them.
///
/// A score depends on its request, the prompts and the rule, never on what else is in the batch.
package struct ContinuationScorer {
  private let passes: [ModelPass]
  private let rule: any CombinationRule
  private let hasReference: Bool
  private let vocabularySize: Int
  private let context: ComputeContext

  /// At most so many rows of logits are held at a time.
  private static let rowLimit = 768
  /// At most so many continuations are scored at a time: each has keys and values of its own.
  private static let requestLimit = 32

  /// A scorer for one method.
  /// - Parameters:
  ///   - streams: The method's streams, as many as the rule combines.
  ///   - reference: The stream from whose distribution the divergence is taken; nil for none.
  /// - Throws: `LanguageModelError` for a prompt that is too long, and for models of different vocabularies.
  package init(
    streams: [GenerationStream], rule: any CombinationRule, reference: GenerationStream? = nil
  ) throws(LanguageModelError) {
    precondition(!streams.isEmpty && streams.count == rule.streams, "as many prompts as the rule combines")
    passes = try ModelPass.passes(for: streams + (reference.map { [$0] } ?? []))
    self.rule = rule
    hasReference = reference != nil
    vocabularySize = streams[0].model.configuration.vocabularySize
    context = streams[0].model.context
  }

  /// The scores of some requests, in their order.
  /// - Parameter onProgress: Called with the number of requests done; may throw to stop.
  /// - Throws: `LanguageModelError` for an unknown token or a conversation that is too long; what the closure throws.
  package func scores(
    of requests: [ContinuationRequest], onProgress: (Int) throws -> Void = { _ in }
  ) throws -> [ContinuationScore] {
    var scores: [ContinuationScore] = []
    var start = 0
    while start < requests.count {
      var end = start, rows = 0
      while end < requests.count, end - start < Self.requestLimit,
        end == start || rows + requests[end].continuation.count <= rowsAtOnce
      {
        rows += requests[end].continuation.count
        end += 1
      }
      scores += try part(requests[start..<end])
      start = end
      try onProgress(start)
    }
    return scores
  }

  private var streamCount: Int { rule.streams + (hasReference ? 1 : 0) }
  private var rowsAtOnce: Int { Self.rowLimit / streamCount }

  private func part(_ requests: ArraySlice<ContinuationRequest>) throws -> [ContinuationScore] {
    let kept = requests.map(\.continuation.count), rows = kept.reduce(0, +)
    let longest = requests.flatMap { request in request.turns.map { $0.count + request.continuation.count } }.max() ?? 0
    var logits = Matrix(rows: streamCount * rows, columns: vocabularySize)
    for pass in passes {
      var batch = ModelBatch(pass, sequences: requests.count, capacity: longest)
      try batch.run(
        slots: Array(0..<requests.count),
        tokens: { stream in
          requests.map { request in
            (request.turns.count == 1 ? request.turns[0] : request.turns[stream]) + request.continuation.dropLast()
          }
        }, keeping: kept, into: &logits)
    }
    let steps = kept.flatMap { 0..<$0 }
    if rule.streams > 1 { rule.combine(&logits, steps: steps, extraStreams: hasReference ? 1 : 0, on: context) }
    let normalizers = context.logNormalizers(of: logits.rows(in: 0..<rows))
    var divergences: [Double] = []
    if hasReference {
      let reference = logits.rows(in: rule.streams * rows..<(rule.streams + 1) * rows)
      divergences = self.divergences(
        of: logits, normalizers, from: reference, context.logNormalizers(of: reference))
    }
    var row = 0
    return requests.map { request in
      defer { row += request.continuation.count }
      return ContinuationScore(
        logProbabilities: request.continuation.enumerated().map { place, token in
          Double(logits[row + place, token]) - normalizers[row + place]
        },
        divergences: hasReference ? Array(divergences[row..<row + request.continuation.count]) : [])
    }
  }

  /// `Σ p · (ln p − ln q)` of each row.
  private func divergences(
    of logits: Matrix, _ normalizers: [Double], from reference: Matrix, _ references: [Double]
  ) -> [Double] {
    context.map(reference.rows) { row in
      let first = logits[row: row], second = reference[row: row]
      var sum = 0.0
      for (left, right) in zip(first, second) {
        let log = Double(left) - normalizers[row]
        // What is less likely than e⁻⁴⁰ adds nothing; barred tokens are among it.
        guard log > -40 else { continue }
        sum += exp(log) * (log - (Double(right) - references[row]))
      }
      return max(0, sum)
    }
  }
}
