import Compute
import Foundation
import OppositePrompts
import Records
import Stages
import Testing

@testable import Pipeline

struct TuningCheckpointTests {
  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("antipode-checkpoint-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  /// A state with an odd number in every corner.
  private func state() throws -> TunerState {
    let values: [Float] = [0.1, -0.0, .leastNonzeroMagnitude, 3.4e38, -1e-20, 1 / 3]
    let prompt = try #require(Matrix(rows: 2, columns: 3, values: values))
    var state = TunerState(prompt: prompt, optimizer: Optimizer(gradientClip: 1))
    _ = state.optimizer.update(
      &state.prompt, gradient: try #require(Matrix(rows: 2, columns: 3, values: values.map { $0 / 3.4e38 })),
      learningRate: 0.1)
    state.step = 1
    state.best = TunerState.Validated(score: -0.1, step: 1, prompt: prompt)
    return state
  }

  private let step = TuningStep(
    step: 1, losses: TuningLosses(likelihood: 0.1, unlikelihood: 0, regularization: 2, harmlessRefusal: 0, total: 2.1),
    gradientNorm: 1e-300, learningRate: 0.1, tokens: 3)

  @Test func everyBitComesBack() throws {
    var checkpoint = TuningCheckpoint(state: try state())
    checkpoint.steps = [step]
    try checkpoint.write(in: folder, on: "m")
    let read = try #require(TuningCheckpoint(in: folder, startingFrom: try state(), on: "m"))
    #expect(read.state.prompt.values.map(\.bitPattern) == checkpoint.state.prompt.values.map(\.bitPattern))
    #expect(read.state.optimizer == checkpoint.state.optimizer)
    #expect(read.state.best?.prompt.values.map(\.bitPattern) == checkpoint.state.best?.prompt.values.map(\.bitPattern))
    #expect(read.state.step == 1 && read.state.best?.score == -0.1 && read.steps == [step])
  }

  @Test func whatDoesNotFitIsNotTaken() throws {
    let start = try state()
    #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "m") == nil, "there is none")
    // A step that the log does not have.
    try TuningCheckpoint(state: start).write(in: folder, on: "m")
    #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "m") == nil)
    var checkpoint = TuningCheckpoint(state: start)
    checkpoint.steps = [step]
    try checkpoint.write(in: folder, on: "m")
    #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "m") != nil)
    #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "n") == nil, "another kind of machine")
    let other = TunerState(prompt: Matrix(rows: 3, columns: 3), optimizer: Optimizer())
    #expect(TuningCheckpoint(in: folder, startingFrom: other, on: "m") == nil, "another shape")
    let file = folder.appendingPathComponent("tuning.plist")
    let bytes = try Data(contentsOf: file)
    for place in stride(from: 0, to: bytes.count, by: 7) {
      var wrong = bytes
      wrong[place] ^= 1
      try wrong.write(to: file)
      #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "m") == nil, "one wrong bit at \(place)")
    }
    for count in [0, 10, bytes.count / 2, bytes.count - 1] {
      try bytes.prefix(count).write(to: file)
      #expect(TuningCheckpoint(in: folder, startingFrom: start, on: "m") == nil, "cut after \(count) bytes")
    }
  }
}
