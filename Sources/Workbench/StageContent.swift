import Evaluation
import Experiments
import Stages

/// What the stages of planned manifests name by hash, and how to get at it.
struct StageContent {
  /// A model by the name under which a manifest knows it.
  struct Model {
    var name: String
    var conversation: ConversationSettings
  }

  var files: [Reference<Content.File>: SourceFile] = [:]
  var models: [ModelReference: Model] = [:]
  /// Where the second engine computes.
  var device = EngineSettings.anyDevice
  /// How servers are talked to.
  var endpoints: [JudgmentsStage.Endpoint: EndpointSettings] = [:]
}
