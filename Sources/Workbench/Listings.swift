package import Experiments
import Fingerprints
import Foundation
import JSON
package import Records
import Stages

/// What the tools print as JSON: one valid document, keys sorted.
package enum Listings {
  /// A value as a JSON document.
  package static func json(_ value: some Encodable) throws -> String {
    try JSONValue(encoding: value).indented()
  }

  /// An experiment's record with the conversations of its stages as one more member.
  package static func json(_ record: ExperimentRecord, with conversations: [StageConversations]) throws -> String {
    let members = try JSONValue(encoding: record).object?.members ?? []
    let own = JSONObject.Member(key: "conversations", value: try JSONValue(encoding: conversations))
    return JSONValue.object(JSONObject(members + [own])).indented()
  }

  /// One stage of a plan.
  package struct StageRow: Encodable, Sendable {
    var kind: StageKind
    var label: String
    var fingerprint: Fingerprint
    var stored: Bool
    var reason: String?
    var cells: [String]
  }

  /// The stages of a plan with what the store holds of them.
  package static func stages(_ entries: [ExperimentRunner.Entry], of plan: Plan) -> [StageRow] {
    entries.map { entry in
      StageRow(
        kind: entry.stage.stage.kind, label: entry.stage.stage.label, fingerprint: entry.stage.fingerprint,
        stored: entry.isStored, reason: entry.reason, cells: entry.stage.cells.map { plan.cells[$0].label })
    }
  }

  /// One experiment of the store.
  package struct ExperimentRow: Encodable, Sendable {
    var fingerprint: Fingerprint
    var name: String
    var question: String
    var started: Date
    var finished: Date?
    var cells: Int
    var done: Int
    var failed: Int

    /// A row of the index.
    package init(_ summary: ExperimentSummary) {
      fingerprint = summary.fingerprint
      name = summary.name
      question = summary.question
      started = summary.started
      finished = summary.finished
      cells = summary.cells
      done = summary.done
      failed = summary.failed
    }
  }
}
