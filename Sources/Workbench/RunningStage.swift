import EngineContract
import Evaluation
import Experiments
import Fingerprints
import Foundation
import JSON
import Pipeline
import Records
import Stages

/// What one stage's code gets from a workspace.
struct RunningStage: StageContext {
  let workspace: Workspace
  let stage: Stage

  /// The content of a file.
  func file(_ reference: Reference<Content.File>) throws -> SourceFile {
    guard let file = workspace.content.files[reference] else {
      throw WorkbenchError.unplanned(what: "file", hash: reference.fingerprint.hexadecimal)
    }
    return file
  }

  /// A model, ready for work.
  func engine(_ model: ModelReference, precision: ProductPrecision?) throws -> any Engine {
    guard let known = workspace.content.models[model] else {
      throw WorkbenchError.unplanned(what: "model", hash: model.weights.fingerprint.hexadecimal)
    }
    return try workspace.engine(known.name, known.conversation, precision: precision ?? .float32)
  }

  /// The artifact of another stage, or nil.
  func storedArtifact(_ stage: StageReference) throws -> Artifact? {
    try workspace.store.artifact(stage.fingerprint)
  }

  /// What a server replies to some conversations.
  func replies(
    of endpoint: JudgmentsStage.Endpoint, to conversations: [[ConversationMessage]], maximumTokens: Int
  ) throws -> [ChatReply] {
    guard let settings = workspace.content.endpoints[endpoint] else {
      throw WorkbenchError.unplanned(what: "server", hash: endpoint.baseURL)
    }
    return try EndpointJudge(settings: settings, maximumTokens: maximumTokens, progress: workspace.progress)
      .replies(to: conversations)
  }

  /// A folder for what the stage leaves to itself.
  var workFolder: URL { get throws { try workspace.store.workFolder(for: stage.fingerprint) } }

  /// The kind of machine.
  var machine: String { workspace.machine }

  /// Tells how far the stage is.
  func report(_ progress: StageProgress) {
    workspace.progress.update(
      done: progress.done, of: progress.total, startedAt: progress.first, unit: progress.unit,
      work: progress.tokens.map { ($0, "tokens") })
  }

  /// Tells something that stays.
  func note(_ text: String) { workspace.progress.note(text) }

  /// Throws once the user pressed Ctrl-C.
  func checkCancellation() throws { try Interruption.check() }
}
