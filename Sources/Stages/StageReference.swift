package import Fingerprints

/// A stage that a cell uses.
package struct StageReference: Sendable, Hashable, Codable {
  /// The stage's kind.
  package let kind: StageKind
  /// Which of the kind: the prompt's role, or the evaluation set's name; empty for anchors and metrics.
  package let name: String
  /// The stage's fingerprint: its artifact's name in the store.
  package let fingerprint: Fingerprint

  package init(kind: StageKind, name: String, fingerprint: Fingerprint) {
    self.kind = kind
    self.name = name
    self.fingerprint = fingerprint
  }

  /// The name of a judge's judgments on a set.
  package static func judgmentsName(judge: String, set: String) -> String { "\(judge)/\(set)" }
}

extension Sequence<[StageReference]> {
  /// The kinds of some cells' stages, in an order in which each stands behind those that stand before it in any cell.
  /// Where two cells contradict each other, the first counts.
  package var kindsInOrder: [StageKind] {
    var kinds: [StageKind] = [], before: [StageKind: Set<StageKind>] = [:]
    for references in self {
      var seen: [StageKind] = []
      for kind in references.map(\.kind) where !seen.contains(kind) {
        if !kinds.contains(kind) { kinds.append(kind) }
        before[kind, default: []].formUnion(seen)
        seen.append(kind)
      }
    }
    var ordered: [StageKind] = []
    while let next = kinds.first(where: { before[$0, default: []].isSubset(of: ordered) }) ?? kinds.first {
      ordered.append(next)
      kinds.removeAll { $0 == next }
    }
    return ordered
  }
}
