import EngineContract
package import Foundation
import ModelFiles
import Records
package import Stages

/// Trains a low-rank adapter on refusals of the harmful anchors, mixed with the harmless ones' answers: Safety Tuning
/// (Bianchi et al., arXiv 2309.07875) and SafeDecoding's expert (Xu et al., arXiv 2402.08983).
extension AdapterStage: RunnableStage {
  /// Trains the adapter.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let examples = try examples(for: engine, in: context), steps = parameters.steps(over: examples.count)
    let work = try context.workFolder, machine = context.machine
    var run = AdapterCheckpoint(in: work, on: machine) ?? AdapterCheckpoint()
    let firstStep = run.steps.count
    if firstStep > 0 { context.note("Going on from step \(firstStep).") }
    let adapter = try engine.trainAdapter(
      parameters, on: examples, seed: UInt64(seed ?? 0), from: run.state.map(Array.init)
    ) { step, state in
      guard step.loss.isFinite, step.gradientNorm.isFinite else {
        throw PipelineError.diverged(step: step.step, learningRate: step.learningRate)
      }
      // An engine begins anew where it can't go on from what is there.
      run.steps = run.steps.prefix(step.step - 1) + [AdapterTrainingStep(step)]
      context.report(StageProgress(step.step, of: steps, startedAt: firstStep, unit: "steps"))
      let cancellation = Result { try context.checkCancellation() }
      if (try? cancellation.get()) == nil || step.step % AdapterCheckpoint.interval == 0 {
        run.state = Data(try state())
        try run.write(in: work, on: machine)
      }
      try cancellation.get()
    }
    try RowFile.write(run.steps, to: folder.appendingPathComponent("steps.jsonl"))
    for file in adapter.encode() {
      try CanonicalFile.write(bytes: file.bytes, to: folder.appendingPathComponent(file.name))
    }
    return ["steps": Double(steps)]
  }

  /// All refusals, and as many of the harmless answers as make up the general share, in the anchors' order.
  private func examples(for engine: any Engine, in context: some StageContext) throws -> [AdapterExample] {
    let anchors = try AnchorSet(inputs.anchors, for: engine, in: context)
    let refused = anchors.pairs(of: .refused), general = anchors.pairs(of: .harmless)
    guard !refused.isEmpty else {
      throw PipelineError.emptyAnchorSet(.refused)
    }
    let share = parameters.generalShare
    let wanted = min(general.count, Int((Double(refused.count) * share / (1 - share)).rounded()))
    // Spread over the file, so that all topics are there.
    let mixed = (0..<wanted).map { general[$0 * general.count / wanted] }
    return try (refused + mixed).compactMap { try anchors.example($0) }
  }
}

/// One step of an adapter's training: a row of its `steps.jsonl`.
private struct AdapterTrainingStep: Codable {
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
private struct AdapterCheckpoint: Codable {
  /// The engine's own state behind the last of the steps; nil before the first.
  var state: Data?
  var steps: [AdapterTrainingStep] = []

  /// How many steps a killed process can lose.
  static let interval = 5

  init() {}

  /// The checkpoint in a stage's work folder; nil where there is none that is whole.
  init?(in folder: URL, on machine: String) {
    guard let saved = SealedCheckpoint.read(Self.self, from: Self.file(in: folder), on: machine) else { return nil }
    self = saved
  }

  func write(in folder: URL, on machine: String) throws {
    try SealedCheckpoint.write(self, to: Self.file(in: folder), on: machine)
  }

  private static func file(in folder: URL) -> URL { folder.appendingPathComponent("adapter.plist") }
}
