import Fingerprints
import JSON

/// Why a stage is not the one that is there already: what differs from the most similar one.
package struct StageDifference: Sendable, Hashable {
  /// One thing that differs.
  package struct Change: Sendable, Hashable {
    /// What: a parameter's dotted path, `seed`, `version`, or an input's name.
    package let name: String
    /// What it was there; nil where it was not there at all.
    package let before: String?
    /// What it is here; nil where it is not here at all.
    package let after: String?
    /// Whether it is an input, whose values are hashes.
    package let isInput: Bool

    /// The change in a few words, such as `alpha changed: 0.4 → 0.5`.
    package var text: String {
      switch (before, after) {
      case (_?, _?) where isInput: "\(name) changed"
      case (let before?, let after?): "\(name) changed: \(before) → \(after)"
      case (nil, let after?): isInput ? "\(name) is new" : "\(name) is new: \(after)"
      case (let before?, nil): isInput ? "\(name) is gone" : "\(name) is gone: it was \(before)"
      case (nil, nil): "\(name) changed"
      }
    }
  }

  /// What differs, sorted by name; inputs last.
  package let changes: [Change]

  /// What differs between an earlier stage and this one.
  package init(from earlier: Stage, to stage: Stage) {
    let before = Self.parts(of: earlier), after = Self.parts(of: stage)
    let names = Set(before.keys).union(after.keys).sorted()
    var changes = names.filter { before[$0] != after[$0] }.map {
      Change(name: $0, before: before[$0], after: after[$0], isInput: false)
    }
    let inputs = Set((earlier.inputs + stage.inputs).map(\.name)).sorted()
    for name in inputs where earlier.input(name) != stage.input(name) {
      changes.append(
        Change(name: name, before: earlier.input(name)?.short, after: stage.input(name)?.short, isInput: true))
    }
    self.changes = changes
  }

  /// The difference from the most similar of some stages: that with the fewest changes, of these that whose numbers are
  /// nearest, of these the first. Nil where there is none of the kind.
  package init?(to stage: Stage, fromNearestOf stages: some Sequence<Stage>) {
    let differences = stages.filter { $0.kind == stage.kind }.map { StageDifference(from: $0, to: stage) }
    guard
      let nearest = differences.min(by: { ($0.changes.count, $0.distance) < ($1.changes.count, $1.distance) })
    else { return nil }
    self = nearest
  }

  /// How far apart the numbers are that changed.
  private var distance: Double {
    changes.reduce(0) { sum, change in
      guard let before = change.before.flatMap(Double.init), let after = change.after.flatMap(Double.init) else {
        return sum
      }
      return sum + abs(after - before)
    }
  }

  private static func parts(of stage: Stage) -> [String: String] {
    var parts: [String: String] = ["version": "\(stage.version)", "seed": stage.seed.map(String.init) ?? "none"]
    func add(_ value: JSONValue, at path: String) {
      guard case .object(let object) = value else {
        parts[path] = value.summary
        return
      }
      for member in object.members { add(member.value, at: path.isEmpty ? member.key : "\(path).\(member.key)") }
    }
    add(stage.parameters, at: "")
    return parts
  }
}
