import Compute
import Experiments
import Foundation
import LanguageModel
import ModelFiles
import OppositePrompts
import Records
import Tokenization

/// Trains a low-rank adapter on refusals of the harmful anchors, mixed with the harmless ones' answers: Safety Tuning
/// (Bianchi et al., arXiv 2309.07875) and SafeDecoding's expert (Xu et al., arXiv 2402.08983).
struct AdapterStage {
  let stage: Stage
  let settings: Experiments.Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let model = try workspace.model(of: settings), training = settings.adapter
    let shape = try AdapterSettings(
      rank: training.rank, alpha: training.alpha, targets: training.targets.compactMap(AdapterTarget.init(rawValue:)))
    try model.checkGradientMemory()
    var tuner = AdapterTuner(
      model: model.model, examples: try examples(for: model),
      settings: AdapterTunerSettings(
        steps: training.steps, examplesPerStep: training.examplesPerStep, learningRate: training.learningRate,
        schedule: LearningRateSchedule(training.schedule), warmupSteps: training.warmupSteps,
        seed: UInt64(settings.seed)))
    let start = AdapterTunerState(
      adapter: try model.model.initialAdapter(shape, seed: UInt64(settings.seed)),
      optimizer: Optimizer(beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, gradientClip: 1))
    let work = try workspace.store.workFolder(for: stage.fingerprint)
    let machine = workspace.machine
    var run = AdapterCheckpoint(in: work, startingFrom: start, on: machine) ?? AdapterCheckpoint(state: start)
    let firstStep = run.state.step
    if firstStep > 0 { workspace.progress.note("Going on from step \(firstStep).") }
    var state = run.state
    do {
      try tuner.run(&state) { step, state in
        guard step.loss.isFinite, step.gradientNorm.isFinite else {
          throw WorkbenchError.diverged(step: step.step, learningRate: step.learningRate)
        }
        run.state = state
        run.steps.append(AdapterTrainingStep(step))
        workspace.progress.update(done: step.step, of: training.steps, startedAt: firstStep, unit: "steps")
        if step.step % AdapterCheckpoint.interval == 0 { try run.write(in: work, on: machine) }
        try Interruption.check()
      }
    } catch WorkbenchError.interrupted {
      run.state = state
      try run.write(in: work, on: machine)
      throw WorkbenchError.interrupted
    }
    try RowFile.write(run.steps, to: folder.appendingPathComponent("steps.jsonl"))
    for file in state.adapter.file(baseModelName: model.name).encode() {
      try CanonicalFile.write(bytes: file.bytes, to: folder.appendingPathComponent(file.name))
    }
    return ["steps": Double(training.steps)]
  }

  /// All refusals, and as many of the harmless answers as make up the general share, in the anchors' order.
  private func examples(for model: LoadedModel) throws -> [AdapterExample] {
    guard let fingerprint = stage.input("anchors"), let artifact = try workspace.store.artifact(fingerprint) else {
      throw WorkbenchError.emptyAnchorSet(category: "there at all", advice: "Run the manifest from its beginning.")
    }
    let anchors = try RowFile.read(AnchorPair.self, from: artifact.file("anchors.jsonl"))
    let refused = anchors.filter { $0.category == .refused }, general = anchors.filter { $0.category == .harmless }
    guard !refused.isEmpty else {
      throw WorkbenchError.emptyAnchorSet(
        category: "refused",
        advice: "Set anchors.refusalSource to \"wordings\", as this model does not refuse by itself.")
    }
    let share = settings.adapter.generalShare
    let wanted = min(general.count, Int((Double(refused.count) * share / (1 - share)).rounded()))
    // Spread over the file, so that all topics are there.
    let mixed = (0..<wanted).map { general[$0 * general.count / wanted] }
    let conversation = model.conversation
    return (refused + mixed).compactMap { pair in
      var response = model.tokenizer.encode(pair.answer, special: .asText)
      if pair.ended, let end = conversation.stopTokens.last { response.append(end) }
      response = Array(response.prefix(settings.anchors.maximumTokens))
      guard !response.isEmpty else { return nil }
      let prompt =
        conversation.beforeSystem + conversation.afterSystem + conversation.turn(instruction: pair.instruction)
      return AdapterExample(prompt: prompt, response: response)
    }
  }
}

/// One step of an adapter's training: a row of its `steps.jsonl`.
struct AdapterTrainingStep: Codable {
  var step: Int
  var loss: Double
  var tokens: Int
  var gradientNorm: Double
  var learningRate: Double

  init(_ step: AdapterStep) {
    self.step = step.step
    loss = step.loss
    tokens = step.tokens
    gradientNorm = step.gradientNorm
    learningRate = step.learningRate
  }
}

/// An adapter's training on its way: what an interrupted one goes on from, to the same bytes.
struct AdapterCheckpoint: Codable {
  var state: AdapterTunerState
  var steps: [AdapterTrainingStep] = []

  static let interval = 5

  init(state: AdapterTunerState) { self.state = state }

  /// The checkpoint in a stage's work folder; nil where there is none, or none that fits `start`.
  init?(in folder: URL, startingFrom start: AdapterTunerState, on machine: String) {
    guard let saved = SealedCheckpoint.read(Self.self, from: Self.file(in: folder), on: machine),
      saved.steps.count == saved.state.step,
      saved.state.adapter.settings == start.adapter.settings,
      saved.state.adapter.matrices.map(\.rows) == start.adapter.matrices.map(\.rows),
      saved.state.adapter.matrices.map(\.columns) == start.adapter.matrices.map(\.columns)
    else { return nil }
    self = saved
  }

  func write(in folder: URL, on machine: String) throws {
    try SealedCheckpoint.write(self, to: Self.file(in: folder), on: machine)
  }

  private static func file(in folder: URL) -> URL { folder.appendingPathComponent("adapter.plist") }
}
