import EngineContract
import Evaluation
import Experiments
import Fingerprints
import Foundation
import JSON
import Pipeline
import Records
import Stages

/// Another process took a stage over, since this one gave no sign of life for too long.
struct LostLease: Error {}

/// What one stage's code gets from a workspace.
struct RunningStage: StageContext {
  let workspace: Workspace
  let stage: Stage
  /// The right to compute it; nil where nothing is computed.
  let lease: StageLease?

  /// The content of a file.
  func file(_ reference: Reference<Content.File>) throws -> SourceFile {
    guard let file = workspace.content.files[reference] else {
      throw WorkbenchError.unplanned(what: "file", hash: reference.fingerprint.hexadecimal)
    }
    return file
  }

  /// A model, ready for work.
  func engine(_ model: ModelReference, precision: ModelComputation?) throws -> any Engine {
    guard let known = workspace.content.models[model] else {
      throw WorkbenchError.unplanned(what: "model", hash: model.weights.fingerprint.hexadecimal)
    }
    return try workspace.engine(
      known.name, known.conversation, on: ModelComputation(precision), device: workspace.content.device)
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
  var workFolder: URL {
    get throws {
      guard let lease else { throw WorkbenchError.unplanned(what: "work folder", hash: stage.fingerprint.hexadecimal) }
      return try lease.workFolder()
    }
  }

  /// The kind of machine.
  var machine: String { workspace.machine(of: stage) }

  /// Tells how far the stage is.
  func report(_ progress: StageProgress) {
    workspace.progress.update(
      done: progress.done, of: progress.total, startedAt: progress.first, unit: progress.unit,
      work: progress.tokens.map { ($0, "tokens") })
    lease?.note(LeaseRecord.Progress(done: progress.done, total: progress.total, unit: progress.unit))
  }

  /// Tells something that stays.
  func note(_ text: String) { workspace.progress.note(text) }

  /// Throws once the user pressed Ctrl-C, or another process took the stage over.
  func checkCancellation() throws {
    try Interruption.check()
    if lease?.isLost == true { throw LostLease() }
  }
}
