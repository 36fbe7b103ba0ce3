import Compute
import Decoding
import Evaluation
import Experiments
import Foundation
import LanguageModel
import ModelFiles
import OppositePrompts
import Records
import Tokenization

/// Tunes one of the two prompts and stores it as a PEFT adapter, with every step's loss terms beside it.
struct PromptStage {
  let role: PromptRole
  let stage: Stage
  let settings: Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let model = try workspace.model(of: settings), tuning = settings.tuning
    let anchors = try anchorPairs()
    let (training, held) = split(anchors)
    for category in [AnchorPair.Category.refused, .answered, .harmless]
    where !training.contains(where: { $0.category == category }) {
      throw WorkbenchError.emptyAnchorSet(
        category: category.rawValue,
        advice: category == .refused
          ? "This model did not refuse; set anchors.refusalSource to \"wordings\", or raise anchors.size."
          : "Raise anchors.size or anchors.maximumTokens.")
    }
    let stepCount = tuning.steps(of: role), weights = tuning.weights.weights(of: role)
    try model.checkGradientMemory()
    let objective = try Objective(
      model: model.model, beforeSystem: model.conversation.beforeSystem, afterSystem: model.conversation.afterSystem,
      prompt: role == .safeguarding ? .safeguarding : .adversarial,
      weights: ObjectiveWeights(
        likelihood: weights.likelihood, unlikelihood: weights.unlikelihood, regularization: weights.regularization,
        harmlessRefusal: weights.harmlessRefusal))
    let twins = try twinNumbers()
    let validates = tuning.validationCriterion != .none && !held.isEmpty
    var tuner = Tuner(
      objective: objective, pairs: training.compactMap { trainingPair($0, of: model, twins: twins) },
      settings: TunerSettings(
        steps: stepCount, pairsPerStep: tuning.pairsPerStep, learningRate: tuning.learningRate,
        schedule: LearningRateSchedule(tuning.schedule), warmupSteps: tuning.warmupSteps,
        validationEvery: validates ? tuning.validationEvery : 0, seed: UInt64(settings.seed)))
    let start = TunerState(
      prompt: try initialRows(of: model),
      optimizer: Optimizer(
        beta1: tuning.beta1, beta2: tuning.beta2, epsilon: tuning.epsilon,
        weightDecay: tuning.optimizer == .adamw ? tuning.weightDecay : 0, gradientClip: tuning.gradientClip))
    let heldPairs = AnchorPair.Category.allCases.flatMap { category in
      held.filter { $0.category == category }.prefix(Self.validationPairs).compactMap {
        trainingPair($0, of: model, twins: twins)
      }
    }
    let work = try workspace.store.workFolder(for: stage.fingerprint)
    let machine = workspace.machine
    var run = TuningCheckpoint(in: work, startingFrom: start, on: machine) ?? TuningCheckpoint(state: start)
    let firstStep = run.state.step
    if firstStep > 0 { workspace.progress.note("Going on from step \(firstStep).") }
    let clock = ContinuousClock(), begin = clock.now
    var state = run.state
    do {
      try tuner.run(
        &state,
        validate: { prompt, step, tuner in
          let (point, score) = try validation(
            of: prompt, step: step, held: held, pairs: heldPairs, tuner: &tuner, model: model)
          run.validations.append(point)
          return score
        },
        onStep: { step, state in
          guard step.value.total.isFinite, step.gradientNorm.isFinite else {
            throw WorkbenchError.diverged(step: step.step, learningRate: step.learningRate)
          }
          run.state = state
          run.steps.append(TuningStep(step))
          workspace.progress.update(done: step.step, of: stepCount, startedAt: firstStep, unit: "steps")
          if step.step % TuningCheckpoint.interval == 0 { try run.write(in: work, on: machine) }
          try Interruption.check()
        })
    } catch WorkbenchError.interrupted {
      run.state = state
      try run.write(in: work, on: machine)
      throw WorkbenchError.interrupted
    }
    let best = state.best?.step
    try RowFile.write(run.steps, to: folder.appendingPathComponent("steps.jsonl"))
    try RowFile.write(
      run.validations.map { ValidationPoint($0, isKept: $0.step == best) },
      to: folder.appendingPathComponent("validation.jsonl"))
    let result = state.result, configuration = model.model.configuration
    let adapter = PromptAdapter(
      embeddings: (0..<result.rows).flatMap { result[row: $0] }, virtualTokenCount: result.rows,
      tokenDimension: result.columns, baseModelName: model.name,
      attentionHeadCount: configuration.attention.queryHeads, layerCount: configuration.layers)
    for file in adapter.encode() {
      try CanonicalFile.write(bytes: file.bytes, to: folder.appendingPathComponent(file.name))
    }
    return [
      "steps": Double(stepCount), "keptStep": Double(best ?? stepCount), "rows": Double(result.rows),
      "secondsPerStep": (clock.now - begin) / .seconds(1) / Double(max(1, stepCount - firstStep)),
    ]
  }

  private func anchorPairs() throws -> [AnchorPair] {
    guard let fingerprint = stage.input("anchors"), let artifact = try workspace.store.artifact(fingerprint) else {
      throw WorkbenchError.emptyAnchorSet(category: "there at all", advice: "Run the manifest from its beginning.")
    }
    return try RowFile.read(AnchorPair.self, from: artifact.file("anchors.jsonl"))
  }

  /// The last share of the instructions, twins together, validates; the rest trains.
  private func split(_ anchors: [AnchorPair]) -> (training: [AnchorPair], held: [AnchorPair]) {
    let share = settings.tuning.validationShare
    func heldIdentifiers(_ kind: InstructionKind) -> Set<String> {
      var seen: Set<String> = []
      let order = anchors.filter { $0.kind == kind }.map(\.id).filter { seen.insert($0).inserted }.sorted()
      return Set(order.suffix(Int((Double(order.count) * share).rounded())))
    }
    let held = heldIdentifiers(.harmful).union(heldIdentifiers(.harmless))
    return (anchors.filter { !held.contains($0.id) }, anchors.filter { held.contains($0.id) })
  }

  /// Each instruction's number in its file: twins stand on the same line of both.
  private func twinNumbers() throws -> [String: Int] {
    var numbers: [String: Int] = [:]
    for file in [settings.anchors.harmful, settings.anchors.harmless] {
      for (number, instruction) in try workspace.instructions(file, size: nil, key: "").enumerated() {
        numbers[instruction.id] = number
      }
    }
    return numbers
  }

  private func trainingPair(_ pair: AnchorPair, of model: LoadedModel, twins: [String: Int]) -> TrainingPair? {
    var response = model.tokenizer.encode(pair.answer, special: .asText)
    if pair.ended, let end = model.conversation.stopTokens.last { response.append(end) }
    // A wording may be longer than what is sampled.
    response = Array(response.prefix(settings.anchors.maximumTokens))
    guard !response.isEmpty else { return nil }
    let category: PairCategory =
      switch pair.category {
      case .refused: .refused
      case .answered: .answered
      case .harmless: .harmless
      case .harmlessRefused: .harmlessRefused
      }
    return TrainingPair(
      turn: model.conversation.turn(instruction: pair.instruction), response: response, category: category,
      twins: twins[pair.id] ?? 0)
  }

  private func initialRows(of model: LoadedModel) throws -> Matrix {
    let initialization = settings.tuning.initialization
    var tokens: [Int] = []
    if initialization.needsText {
      let text =
        try initialization.text(for: role) ?? workspace.systemPrompts(settings.anchors.systemPrompts).text(role)
      tokens = model.conversation.systemContent(text)
    }
    let length = initialization.length ?? tokens.count
    let start: PromptInitialization =
      switch initialization.kind {
      case .text: .tokens(tokens, length: length)
      case .null: .tokens(model.tokenizer.encode("\n", special: .asText), length: length)
      case .random: .random(length: length, scale: initialization.scale)
      case .vocabulary: .vocabulary(length: length)
      }
    return try start.rows(
      of: model.model, seed: UInt64(settings.seed), stream: role == .safeguarding ? 0 : 1)
  }

  // MARK: Validation

  /// How many pairs of each set the validation's loss is a mean over.
  private static let validationPairs = 16

  /// How long the answers are that validation judges: a refusal shows in its first words.
  private static let validationTokens = 20

  /// The held share's loss and, for the safeguarding prompt under that criterion, its gap of refusal rates. The score is
  /// the gap, of equal gaps the smaller loss; else the loss alone, smaller is better.
  private func validation(
    of prompt: Matrix, step: Int, held: [AnchorPair], pairs: [TrainingPair], tuner: inout Tuner, model: LoadedModel
  ) throws -> (ValidationPoint, score: Double) {
    try Interruption.check()
    let value = try tuner.loss(prompt, on: pairs)
    var gap: Double?
    if settings.tuning.validationCriterion == .refusalGap, role == .safeguarding {
      gap = try refusalGap(prompt, held: held, model: model)
    }
    let point = ValidationPoint(step: step, losses: TuningLosses(value), refusalGap: gap, isKept: false)
    return (point, gap.map { $0 - 1e-4 * min(value.total, 100) } ?? -value.total)
  }

  private func refusalGap(_ prompt: Matrix, held: [AnchorPair], model: LoadedModel) throws -> Double {
    var seen: Set<String> = []
    let asked = held.filter { seen.insert($0.id).inserted }
    let generator = try Generator(
      model: model.model, prompts: [model.prefix(softPrompt: prompt)], rule: LinearRule.single, sampler: .greedy,
      seed: 0,
      maximumTokens: Self.validationTokens, stopTokens: model.conversation.stopTokens)
    let answers = try generator.answers(
      to: asked.enumerated().map {
        GenerationRequest(turn: model.conversation.turn(instruction: $1.instruction), sample: $0)
      }, onProgress: { _ in try Interruption.check() })
    let judge = RefusalJudge()
    func rate(_ kind: InstructionKind) -> Double {
      let verdicts = zip(asked, answers).filter { $0.0.kind == kind }
        .map { judge.verdict(on: model.tokenizer.decode($0.1.tokens)).label }
      return verdicts.isEmpty ? 0 : Double(verdicts.count { $0 == .refused }) / Double(verdicts.count)
    }
    return rate(.harmful) - rate(.harmless)
  }
}

extension LearningRateSchedule {
  init(_ schedule: TuningSettings.Schedule) {
    self =
      switch schedule {
      case .constant: .constant
      case .cosine: .cosine
      case .linear: .linear
      }
  }
}

extension TuningLosses {
  init(_ value: ObjectiveValue) {
    self.init(
      likelihood: value.likelihood, unlikelihood: value.unlikelihood, regularization: value.regularization,
      harmlessRefusal: value.harmlessRefusal, total: value.total)
  }
}

extension TuningStep {
  init(_ step: TunedStep) {
    self.init(
      step: step.step, losses: TuningLosses(step.value), gradientNorm: step.gradientNorm,
      learningRate: step.learningRate, tokens: step.value.tokens)
  }
}

extension ValidationPoint {
  init(_ point: ValidationPoint, isKept: Bool) {
    self.init(step: point.step, losses: point.losses, refusalGap: point.refusalGap, isKept: isKept)
  }
}
