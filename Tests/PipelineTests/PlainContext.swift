import Compute
import EngineContract
import Evaluation
import Fingerprints
import Foundation
import NativeEngine
import Pipeline
import Records
import Stages
import Tokenization

/// A context of stages that holds nothing and tells nothing.
struct PlainContext: StageContext {
  private struct Nothing: Error {}

  var workFolder: URL { FileManager.default.temporaryDirectory }
  let machine = "m"

  func file(_ reference: Reference<Content.File>) throws -> SourceFile { throw Nothing() }
  func engine(_ model: ModelReference, precision: ModelComputation?) throws -> any Engine { throw Nothing() }
  func storedArtifact(_ stage: StageReference) throws -> Artifact? { nil }
  func replies(
    of endpoint: JudgmentsStage.Endpoint, to conversations: [[ConversationMessage]], maximumTokens: Int
  ) throws -> [ChatReply] { throw Nothing() }
  func report(_ progress: StageProgress) {}
  func note(_ text: String) {}
  func checkCancellation() throws {}
}

extension NativeEngine {
  /// The small real model.
  static func small() throws -> NativeEngine {
    try FoundModel("smollm2").load(on: ComputeContext(threads: 2))
  }
}
