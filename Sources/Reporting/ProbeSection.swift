import Experiments
import Fingerprints
import Records
import Stages
import Statistics

/// How well the model's own hidden states tell harmful requests from harmless ones: a table and a chart for each probe.
struct ProbeSection: Sendable {
  private struct Probe: Sendable {
    var fingerprint: Fingerprint
    var blocks: [ProbedBlock]
    var problem: String?
  }

  private let probes: [Probe]

  init(record: ExperimentRecord, store: ArtifactStore) {
    var seen: Set<Fingerprint> = []
    probes = record.cells.flatMap(\.stages).filter { $0.kind == .probe && seen.insert($0.fingerprint).inserted }
      .map { stage in
        do {
          guard let artifact = try store.artifact(stage.fingerprint) else {
            return Probe(fingerprint: stage.fingerprint, blocks: [], problem: "not in the store")
          }
          let blocks = try RowFile.read(ProbedBlock.self, from: artifact.file("probe.jsonl"))
          return Probe(fingerprint: stage.fingerprint, blocks: blocks, problem: nil)
        } catch {
          return Probe(fingerprint: stage.fingerprint, blocks: [], problem: "\(error)")
        }
      }
  }

  /// The section's text; nil where nothing was probed.
  var markdown: String? {
    guard !probes.isEmpty else { return nil }
    var text = ""
    for (index, probe) in probes.enumerated() {
      if let problem = probe.problem {
        text += "The probe \(MarkdownText.code(probe.fingerprint.short)): \(MarkdownText.escaped(problem)).\n\n"
      }
      guard let best = probe.blocks.best else { continue }
      text += Self.table(best) + "\n![What each block's hidden states tell](\(Self.name(index)))\n\n"
    }
    return text
      + "A ridge regression on the frozen model's hidden states at a request's last token, learned from the anchors' "
      + "instructions. The block and the ridge are the ones that told parts of the anchors apart best from the other "
      + "parts, so the anchors' rates flatter a little; the sets had no say. No prompt is tuned for it: it is what the "
      + "model itself knows of the requests, and so what a tuned prompt has to work with.\n"
  }

  /// The charts.
  var files: [ReportFile] {
    probes.enumerated().filter { !$0.element.blocks.isEmpty }.map { index, probe in
      ReportFile(name: Self.name(index), contents: Self.chart(of: probe.blocks))
    }
  }

  private static func name(_ index: Int) -> String { index == 0 ? "probe.svg" : "probe-\(index + 1).svg" }

  private static func rows(_ block: ProbedBlock) -> [(name: String, held: ProbedBlock.Held)] {
    [("anchors, harmful", block.harmful), ("anchors, harmless", block.harmless)] + block.sets.map { ($0.set, $0) }
  }

  private static func table(_ block: ProbedBlock) -> String {
    var table = MarkdownTable([
      .init("behind block \(block.block)"), .init("kind"), .init("held harmful", .right), .init("n", .right),
    ])
    for (name, held) in rows(block) {
      let rate = WilsonInterval(successes: held.heldHarmful, count: held.count).map {
        NumberText.interval($0.estimate, low: $0.lower, high: $0.upper)
      }
      table.append([MarkdownText.escaped(name), held.kind.rawValue, rate ?? "–", "\(held.count)"])
    }
    return table.markdown
  }

  private static func chart(of blocks: [ProbedBlock]) -> String {
    let names = blocks.first.map { rows($0).map(\.name) } ?? []
    let series = names.enumerated().map { index, name in
      LineChart.Series(
        name: name, points: blocks.map { .init(x: Double($0.block), y: rows($0)[index].held.rate) },
        showsMarkers: false)
    }
    return LineChart(
      title: "What each block's hidden states tell of harm",
      note: "Ridge regression at the request's last token; the anchors cross-validated, twins together",
      xName: "blocks that have run (number)", yName: "held harmful (share)", yRange: 0...1, series: series
    ).svg
  }
}
