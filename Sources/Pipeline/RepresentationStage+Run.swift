import Compute
import EngineContract
package import Foundation
import Records
package import Stages
import Tokenization

/// The directions of refusing and of harm, from the anchors' instructions under the prompts that they were answered
/// under, and from whether the model refused there by itself.
extension RepresentationStage: RunnableStage {
  /// Finds the directions.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let prompts = try SystemPrompts(context.file(inputs.systemPrompts))
    // A refusal in fixed words says nothing about the model.
    let pairs = try context.rows(AnchorsStage.rows, of: inputs.anchors, as: AnchorPair.self)
      .filter { $0.source == .sampled }
    let requests = try SystemPromptKind.allCases.flatMap { kind in
      let frame = try engine.conversation.frame(.text(prompts.text(kind)))
      return try pairs.filter { $0.systemPrompt == kind }.map { pair in
        (pair: pair, input: frame.prompt() + [.tokens(try frame.turn(pair.instruction))])
      }
    }
    // What the head reads: the last block's states behind the last norm, as in the authors' code.
    let states = try context.hiddenStates(
      of: requests.map(\.input), behind: [engine.dimensions.layers + 1], by: engine
    ).map { $0[0] }
    guard let found = PrincipalComponents(of: states, count: parameters.components) else {
      throw PipelineError.fewStates(found: states.count, components: parameters.components)
    }
    let subspace = RepresentationSpace.Subspace(
      mean: found.mean, components: found.components, shares: found.shares)
    let samples = states.map(subspace.coordinates)
    let refused = requests.map { [.refused, .harmlessRefused].contains($0.pair.category) }
    let harmful = requests.map { $0.pair.kind == .harmful }
    guard let refusal = LogisticRegression(of: samples, targets: refused),
      let harmfulness = LogisticRegression(of: samples, targets: harmful)
    else {
      throw PipelineError.oneKindOfAnswer(refused: refused.count { $0 }, of: refused.count)
    }
    let space = RepresentationSpace(
      subspace: subspace, refusal: .init(weights: refusal.weights, bias: refusal.bias),
      harmfulness: .init(weights: harmfulness.weights, bias: harmfulness.bias))
    try CanonicalFile.write(space, to: folder.appendingPathComponent(Self.file))
    func accuracy(_ logit: RepresentationSpace.Logit, _ targets: [Bool]) -> Double {
      Double(zip(samples, targets).count { (logit.value(at: $0) > 0) == $1 }) / Double(targets.count)
    }
    return [
      "states": Double(states.count), "refused": Double(refused.count { $0 }),
      "variance": found.shares.reduce(0, +), "refusalAccuracy": accuracy(space.refusal, refused),
      "harmfulnessAccuracy": accuracy(space.harmfulness, harmful),
    ]
  }

  /// The file of the directions in the artifact.
  package static let file = "space.json"
}
