import Compute
import EngineContract
import Evaluation
package import Foundation
import ModelFiles
import OppositePrompts
import Records
package import Stages
import Tokenization

/// Tunes one of the two prompts and stores it as a PEFT adapter, with every step's loss terms beside it.
extension PromptStage: RunnableStage {
  /// Tunes the prompt.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let anchors = try AnchorSet(inputs.anchors, for: engine, in: context)
    let (training, held) = split(anchors.pairs)
    // A loss in hidden states reads the instructions alone.
    let needed: [AnchorPair.Category] =
      parameters.representation == nil ? [.refused, .answered, .harmless] : []
    for category in needed where !training.contains(where: { $0.category == category }) {
      throw PipelineError.emptyAnchorSet(category)
    }
    let seed = UInt64(seed ?? 0), steps = parameters.steps
    let validation = try PromptValidation(
      parameters, held: held, anchors: anchors, engine: engine,
      judge: RefusalJudge(adding: context.phrases(inputs.wordings)))
    let rows = try engine.initialRows(try start(for: engine, in: context), seed: seed, role: parameters.role)
    let (objective, terms) = try loss(of: engine, start: rows, in: context)
    var tuner = Tuner(
      objective: objective, terms: terms,
      pairs: try training.compactMap { try anchors.trainingPair($0) },
      settings: TunerSettings(
        steps: steps, pairsPerStep: parameters.pairsPerStep, learningRate: parameters.learningRate,
        schedule: parameters.schedule, warmupSteps: parameters.warmupSteps, validationEvery: validation.every,
        seed: seed))
    let start = TunerState(
      prompt: rows,
      optimizer: OppositePrompts.Optimizer(
        beta1: parameters.beta1, beta2: parameters.beta2, epsilon: parameters.epsilon,
        weightDecay: parameters.weightDecay ?? 0, gradientClip: parameters.gradientClip))
    let work = try context.workFolder, machine = context.machine
    var run = TuningCheckpoint(in: work, startingFrom: start, on: machine) ?? TuningCheckpoint(state: start)
    let firstStep = run.state.step
    if firstStep > 0 { context.note("Going on from step \(firstStep).") }
    let clock = ContinuousClock(), begin = clock.now
    var state = run.state
    do {
      try tuner.run(
        &state,
        validate: { prompt, step, tuner in
          try context.checkCancellation()
          let (point, score) = try validation.point(for: prompt, step: step, tuner: &tuner, in: context)
          run.validations.append(point)
          return score
        },
        onStep: { step, state in
          guard step.value.total.isFinite, step.gradientNorm.isFinite else {
            throw PipelineError.diverged(step: step.step, learningRate: step.learningRate)
          }
          run.state = state
          run.steps.append(TuningStep(step))
          context.report(StageProgress(step.step, of: steps, startedAt: firstStep, unit: "steps"))
          if step.step % TuningCheckpoint.interval == 0 { try run.write(in: work, on: machine) }
          try context.checkCancellation()
        })
    } catch  where !(error is PipelineError) {
      run.state = state
      try run.write(in: work, on: machine)
      throw error
    }
    let best = state.best?.step
    try RowFile.write(run.steps, to: folder.appendingPathComponent("steps.jsonl"))
    try RowFile.write(
      run.validations.map { ValidationPoint($0, isKept: $0.step == best) },
      to: folder.appendingPathComponent("validation.jsonl"))
    let result = state.result, dimensions = engine.dimensions
    let adapter = PromptAdapter(
      embeddings: (0..<result.rows).flatMap { result[row: $0] }, virtualTokenCount: result.rows,
      tokenDimension: result.columns, baseModelName: engine.hubName?.text,
      attentionHeadCount: dimensions.attentionHeads, layerCount: dimensions.layers)
    for file in adapter.encode() {
      try CanonicalFile.write(bytes: file.bytes, to: folder.appendingPathComponent(file.name))
    }
    let readme = try PromptReadme(rows: result.rows, role: parameters.role, for: engine)
    try CanonicalFile.write(bytes: Data(readme.text.utf8), to: folder.appendingPathComponent("README.md"))
    return engine.conversation.counters.merging([
      "steps": Double(steps), "keptStep": Double(best ?? steps), "rows": Double(result.rows),
      "secondsPerStep": (clock.now - begin) / .seconds(1) / Double(max(1, steps - firstStep)),
    ]) { $1 }
  }

  /// The loss that is tuned for.
  private func loss(
    of engine: any Engine, start: Matrix, in context: some StageContext
  ) throws -> (any PromptObjective, any LossTerms) {
    guard let weights = parameters.representation else {
      return (
        try engine.objective(for: parameters.role, weights: parameters.weights),
        ObjectiveTerms(role: parameters.role, weights: parameters.weights)
      )
    }
    guard let found = inputs.representation else { throw PipelineError.unhashed("directions of refusing") }
    let space = try CanonicalFile.read(
      RepresentationSpace.self, from: context.artifact(found).file(RepresentationStage.file))
    return (
      try engine.representationObjective(in: space, weights: weights, start: start),
      RepresentationTerms(space: space, weights: weights)
    )
  }

  /// The last share of the instructions, twins together, validates; the rest trains.
  private func split(_ pairs: [AnchorPair]) -> (training: [AnchorPair], held: [AnchorPair]) {
    func heldIdentifiers(_ kind: InstructionKind) -> Set<String> {
      var seen: Set<String> = []
      let order = pairs.filter { $0.kind == kind }.map(\.id).filter { seen.insert($0).inserted }.sorted()
      return Set(order.suffix(Int((Double(order.count) * parameters.validationShare).rounded())))
    }
    let held = heldIdentifiers(.harmful).union(heldIdentifiers(.harmless))
    return (pairs.filter { !held.contains($0.id) }, pairs.filter { held.contains($0.id) })
  }

  /// What the rows are before the first step.
  private func start(for engine: any Engine, in context: some StageContext) throws -> PromptStart {
    let initialization = parameters.initialization
    var tokens: [Int] = []
    if initialization.needsText {
      let text: String
      if let own = initialization.text {
        text = own
      } else if let file = inputs.systemPrompts {
        text = try SystemPrompts(context.file(file)).text(parameters.role)
      } else {
        throw PipelineError.unhashed("system prompts")
      }
      tokens = try engine.conversation.systemContent(text)
    }
    let length = initialization.length ?? tokens.count
    return switch initialization.kind {
    case .text: .tokens(tokens, length: length)
    case .null: .tokens(try engine.tokenizer.encode("\n", special: .asText), length: length)
    case .random: .random(length: length, scale: initialization.scale?.wrappedValue)
    case .vocabulary: .vocabulary(length: length)
    }
  }
}

extension TuningLosses {
  init(_ value: ObjectiveValue) {
    self.init(
      likelihood: value.likelihood, unlikelihood: value.unlikelihood, regularization: value.regularization,
      harmlessRefusal: value.harmlessRefusal, representation: value.representation, total: value.total)
  }
}

extension TuningStep {
  fileprivate init(_ step: TunedStep) {
    self.init(
      step: step.step, losses: TuningLosses(step.value), gradientNorm: step.gradientNorm,
      learningRate: step.learningRate, tokens: step.value.tokens)
  }
}

extension ValidationPoint {
  fileprivate init(_ point: ValidationPoint, isKept: Bool) {
    self.init(step: point.step, losses: point.losses, refusalGap: point.refusalGap, isKept: isKept)
  }
}
