import Compute
package import EngineContract
import Foundation
package import LanguageModel

/// Scores given continuations under a method: what `Generator` would find if it were made to say them.
///
/// A score depends on its request, the prompts and the rule, never on what else is in the batch.
package struct ContinuationScorer {
  private let passes: [ModelPass]
  private let streams: [GenerationStream]
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
    self.streams = streams + (reference.map { [$0] } ?? [])
    passes = try ModelPass.passes(for: self.streams)
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
    let longest = requests.map { $0.turns.longest + $0.continuation.count }.max() ?? 0
    let atOnce = try streams.sequences(upTo: Self.requestLimit, positions: longest)
    while start < requests.count {
      var end = start, rows = 0
      while end < requests.count, end - start < atOnce,
        end == start || rows + requests[end].continuation.count <= rowsAtOnce
      {
        rows += requests[end].continuation.count
        end += 1
      }
      scores += try part(requests[start..<end], longest: longest)
      start = end
      try onProgress(start)
    }
    return scores
  }

  private var streamCount: Int { rule.streams + (hasReference ? 1 : 0) }
  private var rowsAtOnce: Int { Self.rowLimit / streamCount }

  private func part(_ requests: ArraySlice<ContinuationRequest>, longest: Int) throws -> [ContinuationScore] {
    let kept = requests.map(\.continuation.count), rows = kept.reduce(0, +)
    var logits = Matrix(rows: streamCount * rows, columns: vocabularySize)
    for pass in passes {
      var batch = ModelBatch(pass, sequences: requests.count, capacity: longest)
      try batch.run(
        slots: Array(0..<requests.count),
        tokens: { stream in
          requests.map { request in
            request.turns[stream] + request.continuation.dropLast()
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
