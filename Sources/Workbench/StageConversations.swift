package import Experiments
package import Fingerprints
import Pipeline
import Stages

/// A conversation that stages put to a model, and which stages these are.
package struct StageConversations: Sendable, Encodable {
  /// A stage that has the conversation.
  package struct Holder: Sendable, Encodable {
    /// What the stage is, such as `prompt safeguarding`.
    package var stage: String
    /// Its name in the store.
    package var fingerprint: Fingerprint
  }

  /// The stages, in the plan's order.
  package var holders: [Holder]
  /// Of each stream the tokens as text.
  package var streams: [[String]]
}

extension Workspace {
  /// The conversations of a plan's stages with the first instruction of each, every one once. Tokenizers are read for
  /// it, and no weights.
  package func conversations(of plan: Plan) throws -> [StageConversations] {
    var conversations: [StageConversations] = []
    for planned in plan.stages {
      guard let stage = planned.specification as? any ConversingStage else { continue }
      guard let model = content.models[stage.target] else {
        throw WorkbenchError.unplanned(what: "model", hash: stage.target.weights.fingerprint.hexadecimal)
      }
      let streams = try stage.conversations(
        by: conversation(model.name, model.conversation),
        in: RunningStage(workspace: self, stage: planned.stage, lease: nil))
      let holder = StageConversations.Holder(stage: planned.stage.label, fingerprint: planned.fingerprint)
      if let place = conversations.firstIndex(where: { $0.streams == streams }) {
        conversations[place].holders.append(holder)
      } else {
        conversations.append(StageConversations(holders: [holder], streams: streams))
      }
    }
    return conversations
  }
}
