import Compute
import ModelFiles
import OppositePrompts

/// The states of the worker's model, which keeps what their gradient needs between the two questions.
struct WorkerPromptStates: PromptStates {
  let engine: TransformersEngine
  /// The template's tokens before and behind the soft prompt.
  let before: [Int]
  let after: [Int]

  func states(behind softPrompt: Matrix, of turns: [[Int]], wantsGradient: Bool) throws -> Matrix {
    try engine.promptStates(
      behind: softPrompt, before: before, after: after, of: turns, wantsGradient: wantsGradient)
  }

  func gradient(of slopes: Matrix) throws -> Matrix { try engine.promptGradient(of: slopes) }
}
