import Compute
import Foundation
import OppositePrompts
import Stages

/// A tuning run on its way: what an interrupted one goes on from, to the same bytes as if it had not been interrupted.
///
/// It lies in the store's work folder of the stage until the stage is done.
struct TuningCheckpoint: Codable {
  /// Where the tuner stands.
  var state: TunerState
  /// The steps made.
  var steps: [TuningStep] = []
  /// The validations made.
  var validations: [ValidationPoint] = []

  /// How many steps a killed process can lose.
  static let interval = 5

  /// The run before its first step.
  init(state: TunerState) { self.state = state }

  /// The checkpoint in a stage's work folder.
  /// - Returns: Nil where there is none, or none that fits `start`.
  init?(in folder: URL, startingFrom start: TunerState, on machine: String) {
    guard let saved = SealedCheckpoint.read(Self.self, from: Self.file(in: folder), on: machine),
      saved.state.prompt.rows == start.prompt.rows, saved.state.prompt.columns == start.prompt.columns,
      saved.steps.count == saved.state.step
    else { return nil }
    self = saved
  }

  /// Writes it in place of an older one, whole or not at all.
  func write(in folder: URL, on machine: String) throws {
    try SealedCheckpoint.write(self, to: Self.file(in: folder), on: machine)
  }

  private static func file(in folder: URL) -> URL { folder.appendingPathComponent("tuning.plist") }
}
