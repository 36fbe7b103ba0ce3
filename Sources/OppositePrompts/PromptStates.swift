package import Compute
import LanguageModel

/// What runs turns behind a soft prompt up to what the head reads at their last tokens, and takes gradients to that
/// back to the prompt. It may keep memory from one use to the next.
package protocol PromptStates {
  /// The states behind the last norm at each turn's last token, `[turns, width]`.
  /// - Parameter wantsGradient: Whether ``gradient(of:)`` is asked next.
  mutating func states(behind softPrompt: Matrix, of turns: [[Int]], wantsGradient: Bool) throws -> Matrix

  /// The gradient to the soft prompt, `[P, d]`.
  /// - Parameter slopes: The gradient to the states that were asked for last, `[turns, width]`.
  mutating func gradient(of slopes: Matrix) throws -> Matrix
}

/// The states of our own engine's model.
struct ModelPromptStates: PromptStates {
  private let model: LanguageModel
  private let before: Matrix
  private let after: Matrix
  private var activations: PackedActivations
  /// What was run last.
  private var last: (batch: PackedBatch, rows: [Int], hidden: Matrix, promptRows: Int)?

  /// - Parameters:
  ///   - before: The template's tokens before the soft prompt.
  ///   - after: The template's tokens between the soft prompt and the instruction.
  init(model: LanguageModel, before: [Int], after: [Int]) throws {
    self.model = try model.preparedForGradients()
    self.before = try model.embed(before)
    self.after = try model.embed(after)
    activations = PackedActivations(model.configuration)
  }

  mutating func states(behind softPrompt: Matrix, of turns: [[Int]], wantsGradient: Bool) throws -> Matrix {
    let prefix = Matrix.stacking([before, softPrompt, after], columns: softPrompt.columns)
    let batch = PackedBatch(
      prefix: prefix, sequences: try turns.map { PackedBatch.Sequence(rows: try model.embed($0)) })
    try model.forward(batch, keeping: &activations)
    var end = prefix.rows
    let rows = turns.map { turn in
      end += turn.count
      return end - 1
    }
    let hidden = activations.hidden.gathering(rows: rows)
    last = wantsGradient ? (batch, rows, hidden, softPrompt.rows) : nil
    return model.normalizedStates(hidden)
  }

  mutating func gradient(of slopes: Matrix) throws -> Matrix {
    guard let (batch, rows, hidden, promptRows) = last else {
      preconditionFailure("no states were run whose gradient is wanted")
    }
    last = nil
    let dHidden = model.hiddenGradient(ofNormalized: slopes, at: hidden)
    var gradient = Matrix(rows: batch.positions.count, columns: hidden.columns)
    for (index, row) in rows.enumerated() { gradient.add(dHidden[row: index], toRow: row) }
    model.backward(&gradient, through: batch, activations: &activations)
    return gradient.rows(in: before.rows..<before.rows + promptRows)
  }
}
