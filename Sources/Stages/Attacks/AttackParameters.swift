/// An attack as a stage's parameters have it: its transformations, and how its file is read.
package struct AttackParameters: Sendable, Hashable, Codable {
  /// The transformations, the first one first.
  package let kinds: [Attack]
  /// The transformations' versions; nil where all are 1.
  private let versions: [Int]?
  /// How many dialogues stand before the request; nil without dialogues.
  package var shots: Int?
  /// The benchmark that the file of published texts is; nil for a file of one's own, and for the requests' own.
  package var benchmark: String?
  /// The format of a file of published texts; nil for none, and for a benchmark.
  package var format: String?
  /// The field of the plain requests in a file of published texts; nil where the catalog knows it.
  package var goal: String?
  /// The field of the texts; nil where the catalog knows it.
  package var field: String?

  /// Transformations by themselves; the rest is set where a file is read.
  package init(_ kinds: [Attack]) {
    self.kinds = kinds
    let versions = kinds.map(\.version)
    self.versions = versions.allSatisfy { $0 == 1 } ? nil : versions
  }
}
