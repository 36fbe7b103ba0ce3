import EngineContract
import Evaluation
package import Foundation
import Records
package import Stages
import Tokenization

/// What the untouched model writes in answer to a set's requests, and refusals of them, by their likelihood, and the
/// bound beyond which a text is noise. Numbers alone are stored: the answers are to harmful requests too.
extension TypicalityStage: RunnableStage {
  /// A text that the bound is set by: a row of `likelihoods.jsonl`.
  private struct Likelihood: Encodable {
    var source: String
    var tokens: Int
    var logLikelihood: Double?
    /// The least mean of its beginnings, which the bound is set by; nil of a text that is too short.
    var lowest: Double?
  }

  /// Draws answers, scores them and the refusals, and sets the bound.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let scorer = try UntouchedScorer(on: engine)
    let instructions = try context.file(inputs.requests).instructions(parameters.requests)
    let fitting = try instructions.filter {
      scorer.hasRoom(for: try scorer.turn($0.instruction), tokens: parameters.maximumTokens)
    }
    let count = fitting.isEmpty ? 0 : parameters.answers
    // Spread over the set where it is larger, and over samples where it is smaller.
    let asked = (0..<count).map { sample in
      fitting[fitting.count > count ? sample * fitting.count / count : sample % fitting.count].instruction
    }
    let answers = try scorer.answers(
      to: asked.enumerated().map { GenerationRequest(turn: try scorer.turn($1), sample: $0) },
      sampling: AnswerSampling(
        SamplingParameters(temperature: 1, topP: 1, topK: 0), seed: UInt64(seed ?? 0),
        maximumTokens: parameters.maximumTokens), in: context)
    let refusals = fitting.isEmpty ? [] : try RefusalText.read(context.file(inputs.refusals))
    let texts =
      zip(asked, answers).map { UntouchedScorer.Text(request: $0, tokens: $1.tokens) }
      + (try refusals.enumerated().map { place, text in
        UntouchedScorer.Text(
          request: fitting[place % fitting.count].instruction,
          tokens: Array(try engine.tokenizer.encode(text, special: .asText).prefix(parameters.maximumTokens)))
      })
    let found = try scorer.logProbabilities(of: texts, in: context)
    let bound = NoiseBound(
      own: Array(found.prefix(asked.count)), refusals: Array(found.dropFirst(asked.count)),
      minimumTokens: parameters.minimumTokens, ownShare: parameters.ownShare, refusalShare: parameters.refusalShare)
    let rows = found.enumerated().map { place, logProbabilities in
      Likelihood(
        source: place < asked.count ? "own" : "refusal", tokens: logProbabilities.count,
        logLikelihood: UntouchedScorer.mean(logProbabilities),
        lowest: NoiseBound.lowestMean(of: logProbabilities, from: parameters.minimumTokens))
    }
    try RowFile.write(rows, to: folder.appendingPathComponent("likelihoods.jsonl"))
    try CanonicalFile.write(bound, to: folder.appendingPathComponent(Self.bound))
    return ["answers": Double(answers.count), "tokens": Double(answers.reduce(0) { $0 + $1.tokens.count })]
  }

  /// The file of the bound in the artifact.
  static let bound = "bound.json"
}
