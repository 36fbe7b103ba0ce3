package import Compute
package import EngineContract
package import LanguageModel
import Stages

/// The loss of a soft prompt in a model's hidden states, see ``RepresentationTerms``: at the last token of each
/// instruction, behind the last norm.
package struct RepresentationObjective: PromptObjective {
  private let model: LanguageModel
  private let beforeSystem: Matrix
  private let afterSystem: Matrix
  private let terms: RepresentationTerms
  private let start: Matrix
  /// Each turn's state under the start, `[width]`, once it was asked for.
  private var before: [[Int]: [Float]] = [:]
  private var activations: PackedActivations

  /// The objective of the safeguarding prompt.
  /// - Parameters:
  ///   - beforeSystem: The template's tokens before the soft prompt.
  ///   - afterSystem: The template's tokens between the soft prompt and the instruction.
  ///   - start: The soft prompt that states are measured from, `[P, d]`.
  /// - Throws: `LanguageModelError` for a token that the model does not have, `MemoryError` where gradients do not fit.
  package init(
    model: LanguageModel, beforeSystem: [Int], afterSystem: [Int], terms: RepresentationTerms, start: Matrix
  ) throws {
    self.model = try model.preparedForGradients()
    self.beforeSystem = try model.embed(beforeSystem)
    self.afterSystem = try model.embed(afterSystem)
    self.terms = terms
    self.start = start
    activations = PackedActivations(model.configuration)
  }

  /// The loss over the pairs' instructions, each once, and its gradient where it is wanted.
  package mutating func value(
    of softPrompt: Matrix, on pairs: [TrainingPair], wantsGradient: Bool
  ) throws -> ObjectiveValue {
    var seen: Set<[Int]> = []
    let pairs = pairs.filter { seen.insert($0.turn).inserted }
    let unknown = pairs.map(\.turn).filter { before[$0] == nil }
    if !unknown.isEmpty {
      let (_, _, hidden) = try run(start, unknown)
      let states = model.normalizedStates(hidden)
      for (index, turn) in unknown.enumerated() { before[turn] = Array(states[row: index]) }
    }
    let (batch, rows, hidden) = try run(softPrompt, pairs.map(\.turn))
    let states = model.normalizedStates(hidden)
    let moved = pairs.enumerated().map { index, pair in
      RepresentationTerms.Moved(
        state: Array(states[row: index]), before: before[pair.turn] ?? [],
        isHarmful: pair.category == .refused || pair.category == .answered)
    }
    var (value, gradients) = terms.value(of: moved)
    guard wantsGradient else { return value }
    var dNormalized = Matrix(rows: hidden.rows, columns: hidden.columns)
    for (row, gradient) in gradients.enumerated() { dNormalized.add(gradient[...], toRow: row) }
    let dHidden = model.hiddenGradient(ofNormalized: dNormalized, at: hidden)
    var gradient = Matrix(rows: batch.positions.count, columns: hidden.columns)
    for (index, row) in rows.enumerated() { gradient.add(dHidden[row: index], toRow: row) }
    model.backward(&gradient, through: batch, activations: &activations)
    value.gradient = gradient.rows(in: beforeSystem.rows..<beforeSystem.rows + softPrompt.rows)
    return value
  }

  /// Runs turns behind a soft prompt: the batch, the row of each turn's last token, and the states there.
  private mutating func run(
    _ softPrompt: Matrix, _ turns: [[Int]]
  ) throws -> (batch: PackedBatch, rows: [Int], hidden: Matrix) {
    let prefix = Matrix.stacking([beforeSystem, softPrompt, afterSystem], columns: softPrompt.columns)
    let batch = PackedBatch(
      prefix: prefix, sequences: try turns.map { PackedBatch.Sequence(rows: try model.embed($0)) })
    try model.forward(batch, keeping: &activations)
    var end = prefix.rows
    let rows = turns.map { turn in
      end += turn.count
      return end - 1
    }
    return (batch, rows, activations.hidden.gathering(rows: rows))
  }
}
