import Compute
import EngineContract
import JSON
import OppositePrompts

/// The loss of a soft prompt, Equations 3 and 4, computed by the worker: Swift says which pair counts where and how
/// much, and makes the loss of the sums.
struct TransformersObjective: PromptObjective {
  let engine: TransformersEngine
  /// The template's tokens before and behind the soft prompt.
  let before: [Int]
  let after: [Int]
  let terms: ObjectiveTerms

  /// The loss's terms over some pairs, and the gradient of their weighted sum where it is wanted.
  mutating func value(of softPrompt: Matrix, on pairs: [TrainingPair], wantsGradient: Bool) throws -> ObjectiveValue {
    let pairs = pairs.filter { terms.uses($0.category) }
    let all = ObjectiveTerms.Term.allCases
    var tokens = [Double](repeating: 0, count: all.count)
    for pair in pairs { tokens[terms.term(of: pair.category).rawValue] += Double(pair.response.count) }
    let described = pairs.map { pair -> JSONValue in
      let term = terms.term(of: pair.category)
      return [
        "turn": .array(pair.turn.map(JSONValue.integer)), "response": .array(pair.response.map(JSONValue.integer)),
        "term": .string("\(term.rawValue)"), "share": .number(terms.weight(of: term) / tokens[term.rawValue]),
        "isUnlikelihood": .boolean(term == .unlikelihood || term == .harmlessRefusal),
        "isDivergence": .boolean(terms.isDivergence(term)),
      ]
    }
    let found = try engine.value(
      of: softPrompt, before: before, after: after, pairs: described, wantsGradient: wantsGradient)
    var value = terms.value(sums: all.map { found.sums["\($0.rawValue)"]?.number ?? 0 }, tokens: tokens)
    value.gradient = found.gradient
    return value
  }
}
