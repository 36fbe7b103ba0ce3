package import Compute
package import EngineContract
package import LanguageModel
import Stages

/// The loss of a soft prompt in a model's hidden states, see ``RepresentationTerms``: at the last token of each
/// instruction, behind the last norm.
package struct RepresentationObjective: PromptObjective {
  private var pass: any PromptStates
  private let terms: RepresentationTerms
  private let start: Matrix
  /// Each turn's state under the start, `[width]`, once it was asked for.
  private var before: [[Int]: [Float]] = [:]

  /// The objective of the safeguarding prompt.
  /// - Parameters:
  ///   - pass: What runs turns behind a prompt.
  ///   - start: The soft prompt that states are measured from, `[P, d]`.
  package init(_ pass: any PromptStates, terms: RepresentationTerms, start: Matrix) {
    self.pass = pass
    self.terms = terms
    self.start = start
  }

  /// The objective of the safeguarding prompt on our own engine.
  /// - Parameters:
  ///   - beforeSystem: The template's tokens before the soft prompt.
  ///   - afterSystem: The template's tokens between the soft prompt and the instruction.
  ///   - start: The soft prompt that states are measured from, `[P, d]`.
  /// - Throws: `LanguageModelError` for a token that the model does not have, `MemoryError` where gradients do not fit.
  package init(
    model: LanguageModel, beforeSystem: [Int], afterSystem: [Int], terms: RepresentationTerms, start: Matrix
  ) throws {
    self.init(
      try ModelPromptStates(model: model, before: beforeSystem, after: afterSystem), terms: terms, start: start)
  }

  /// The loss over the pairs' instructions, each once, and its gradient where it is wanted.
  package mutating func value(
    of softPrompt: Matrix, on pairs: [TrainingPair], wantsGradient: Bool
  ) throws -> ObjectiveValue {
    var seen: Set<[Int]> = []
    let pairs = pairs.filter { seen.insert($0.turn).inserted }
    let unknown = pairs.map(\.turn).filter { before[$0] == nil }
    if !unknown.isEmpty {
      let states = try pass.states(behind: start, of: unknown, wantsGradient: false)
      for (index, turn) in unknown.enumerated() { before[turn] = Array(states[row: index]) }
    }
    let states = try pass.states(behind: softPrompt, of: pairs.map(\.turn), wantsGradient: wantsGradient)
    let moved = pairs.enumerated().map { index, pair in
      RepresentationTerms.Moved(
        state: Array(states[row: index]), before: before[pair.turn] ?? [],
        isHarmful: pair.category == .refused || pair.category == .answered)
    }
    var (value, gradients) = terms.value(of: moved)
    guard wantsGradient else { return value }
    var slopes = Matrix(rows: states.rows, columns: states.columns)
    for (row, gradient) in gradients.enumerated() { slopes.add(gradient[...], toRow: row) }
    value.gradient = try pass.gradient(of: slopes)
    return value
  }
}
