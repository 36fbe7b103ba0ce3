import EngineContract
import Evaluation
import Fingerprints
import Foundation
import Pipeline
import Records
import Stages

/// A context of stages over a store in a temporary folder, with files and no engine.
struct StoredContext: StageContext {
  private struct Nothing: Error {}

  let store: ArtifactStore
  var files: [Reference<Content.File>: SourceFile] = [:]
  let machine = "m"

  init() {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-stages-\(UUID().uuidString)")
    store = ArtifactStore(folder: folder)
  }

  func remove() { try? FileManager.default.removeItem(at: store.folder) }

  /// Stores an artifact of a stage.
  func commit<Specification: StageSpecification>(
    _ stage: Specification, write: (URL) throws -> Void
  ) throws -> Reference<Specification> {
    let stage = try stage.stage(), pending = try store.begin(stage)
    try write(pending.folder)
    _ = try store.commit(pending, environment: [:])
    return Reference(stage.fingerprint)
  }

  /// Runs a stage and stores what it makes.
  func run<Specification: RunnableStage>(_ stage: Specification) throws -> Artifact {
    let reference = try commit(stage) { _ = try stage.run(in: $0, with: self) }
    return try store.artifact(reference.fingerprint) ?? { throw Nothing() }()
  }

  func file(_ reference: Reference<Content.File>) throws -> SourceFile {
    try files[reference] ?? { throw Nothing() }()
  }
  func engine(_ model: ModelReference, precision: ModelComputation?) throws -> any Engine { throw Nothing() }
  func storedArtifact(_ stage: StageReference) throws -> Artifact? { try store.artifact(stage.fingerprint) }
  func replies(
    of endpoint: JudgmentsStage.Endpoint, to conversations: [[ConversationMessage]], maximumTokens: Int
  ) throws -> [ChatReply] { throw Nothing() }
  var workFolder: URL { store.folder }
  func report(_ progress: StageProgress) {}
  func note(_ text: String) {}
  func checkCancellation() throws {}
}
