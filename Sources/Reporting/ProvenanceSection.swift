import Experiments
import Fingerprints
import Foundation
import Records
import Stages

/// Where the results come from: hashes of everything, versions, machine, time, and how to make them again.
struct ProvenanceSection: Sendable {
  /// A stage with its artifact, or with what is wrong with it.
  private struct Entry: Sendable {
    var reference: StageReference
    var artifact: ArtifactRecord?
    var problem: String?
  }

  private let record: ExperimentRecord
  private let entries: [Entry]

  init(record: ExperimentRecord, store: ArtifactStore) {
    self.record = record
    var entries: [Entry] = []
    var seen: Set<Fingerprint> = []
    for reference in record.cells.flatMap(\.stages) where seen.insert(reference.fingerprint).inserted {
      do {
        let artifact = try store.artifact(reference.fingerprint)?.record
        let problem = artifact == nil ? "not in the store" : nil
        entries.append(Entry(reference: reference, artifact: artifact, problem: problem))
      } catch {
        entries.append(Entry(reference: reference, artifact: nil, problem: "\(error)"))
      }
    }
    let kinds = record.cells.map(\.stages).kindsInOrder
    self.entries = kinds.flatMap { kind in entries.filter { $0.reference.kind == kind } }
  }

  /// The section's text.
  var markdown: String {
    var table = MarkdownTable([.init("what"), .init("value")])
    table.append(["experiment", MarkdownText.code(record.fingerprint.hexadecimal)])
    table.append(["tool version", MarkdownText.code(record.toolVersion)])
    table.append(["started", record.started.formatted(.iso8601)])
    table.append(["finished", record.finished?.formatted(.iso8601) ?? "not finished"])
    let seconds = entries.compactMap { $0.artifact?.seconds }.reduce(0, +)
    table.append(["time of all stages, each once", NumberText.duration(seconds: seconds)])
    for (key, values) in environment { table.append([MarkdownText.escaped(key), MarkdownText.escaped(values)]) }
    return table.markdown + inputs + stages
  }

  /// The commands that make the results again.
  var commands: String {
    let path = record.manifestPath ?? "Experiments/\(record.name).json"
    let plain = path.allSatisfy { $0.isLetter || $0.isNumber || "/.-_".contains($0) }
    let quoted = plain ? path : "'" + path.replacingOccurrences(of: "'", with: "'\\''") + "'"
    let hash = record.fingerprint.short
    return MarkdownText.block(
      """
      # makes what is missing, and prints the table
      swift run ablate \(quoted)
      # makes everything anew elsewhere, and compares the hashes
      swift run ablate rerun \(hash)
      # writes this report
      swift run report \(hash)
      """, language: "sh")
  }

  /// The environment of the run; where stages that were reused came from another, its values too.
  private var environment: [(String, String)] {
    var values: [String: [String]] = record.environment.mapValues { [$0] }
    for entry in entries {
      for (key, value) in entry.artifact?.environment ?? [:] where !(values[key, default: []].contains(value)) {
        values[key, default: []].append(value)
      }
    }
    return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.joined(separator: "; in reused stages: ")) }
  }

  /// The hashes of what came from outside: model, tokenizer, data.
  private var inputs: String {
    let own = Set(entries.map(\.reference.fingerprint))
    let outside = Set(entries.flatMap { $0.artifact?.stage.inputs ?? [] }.filter { !own.contains($0.fingerprint) })
    guard !outside.isEmpty else { return "" }
    var table = MarkdownTable([.init("input"), .init("SHA-256")])
    for input in outside.sorted(by: { ($0.name, $0.fingerprint) < ($1.name, $1.fingerprint) }) {
      table.append([MarkdownText.escaped(input.name), MarkdownText.code(input.fingerprint.hexadecimal)])
    }
    return "\n" + table.markdown
  }

  private var stages: String {
    var table = MarkdownTable([
      .init("stage"), .init("input hash"), .init("output hash"), .init("seconds", .right),
    ])
    for entry in entries {
      let name = entry.reference.kind.rawValue + (entry.reference.name.isEmpty ? "" : ": \(entry.reference.name)")
      let output = entry.artifact.map { MarkdownText.code($0.output.hexadecimal) }
      table.append([
        MarkdownText.escaped(name), MarkdownText.code(entry.reference.fingerprint.hexadecimal),
        output ?? MarkdownText.escaped(entry.problem ?? ""),
        entry.artifact.map { NumberText.fixed($0.seconds, decimals: 1) } ?? "–",
      ])
    }
    return
      "\n<details>\n<summary>All \(entries.count) stages with their hashes</summary>\n\n\(table.markdown)\n</details>\n"
  }
}
