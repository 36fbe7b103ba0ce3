import Experiments
package import Fingerprints
import Foundation
import Pages
package import Records

/// The report of one experiment: a markdown page that GitHub renders, and the SVG files that it shows.
///
/// The same store gives the same bytes. What is missing (a cell that failed, an artifact that was removed) is shown as
/// missing and stops nothing.
package struct ExperimentReport: Sendable {
  /// The page, its charts in the order in which it shows them, and the numbers for other programs.
  package let page: ReportPage

  /// Makes the report of an experiment.
  /// - Parameters:
  ///   - fingerprint: the experiment's; `ArtifactStore.resolve(prefix:among:)` finds it from a prefix.
  ///   - store: where the experiment and its artifacts are.
  ///   - showsWithheld: shows answers to harmful instructions that were not judged refused, or that a judge does not
  ///     call harmless. Off, they are replaced by their length, since reports are made to be passed on.
  ///   - showsSamples: shows sample answers with their requests, and in HTML all answers. Off for pages that are
  ///     published: benchmarks' requests are under licenses of their own.
  /// - Throws: ``ReportingError/noExperiment(fingerprint:store:)``, or `RecordsError` where the experiment's own record
  ///   or manifest can't be read.
  package init(
    of fingerprint: Fingerprint, in store: ArtifactStore, showsWithheld: Bool = false, showsSamples: Bool = true
  ) throws {
    guard let record = try store.experiment(fingerprint) else {
      throw ReportingError.noExperiment(fingerprint: fingerprint.hexadecimal, store: store.folder.path)
    }
    let manifest = String(decoding: try store.manifest(of: fingerprint), as: UTF8.self)
    let parsed = try? Manifest(parsing: manifest)
    let results = ExperimentResults(record, weakened: parsed?.weakenedCells ?? [])
    let costs = CellCosts(results: results, store: store)
    let section = ResultsSection(results: results, costs: costs)
    let chart = SweepChart(results: results).svg.map { ReportFile(name: "results.svg", contents: $0) }
    let scatter = OverRefusalChart(results: results).svg.map { ReportFile(name: "over-refusal.svg", contents: $0) }
    let attacks = AttacksSection(results: results)
    let attackedScatter = OverRefusalChart(results: results, requests: .attacked).svg.map {
      ReportFile(name: "over-refusal-attacked.svg", contents: $0)
    }
    let attackChart = attacks.chart.map { ReportFile(name: "attacks.svg", contents: $0) }
    let published = parsed?.published ?? []
    let export = ResultsExport(results: results)
    let tuning = TuningSection(results: results, store: store)
    let probe = ProbeSection(record: record, store: store)
    let samples = SamplesSection(results: results, store: store, showsWithheld: showsWithheld)
    let tokens = TokensSection(results: results, store: store, showsWithheld: showsWithheld)
    let provenance = ProvenanceSection(record: record, store: store)

    var page = "# \(MarkdownText.escaped(record.name))\n\n"
    let question = MarkdownText.escaped(record.question)
    page += "**Question.** \(question.isEmpty ? "The manifest states none." : question)\n\n"
    page += "**Answer.** \(section.answer)\n"
    page += Self.progress(record)
    page += "## Results\n\n\(section.table)\n"
    if let chart { page += "![Refusal rates of the cells](\(chart.name))\n\n" }
    if let scatter { page += "![Harmlessness against over-refusal](\(scatter.name))\n\n" }
    page += "The numbers for other programs: \(export.links).\n\n"
    if let text = SeedsSection(results: results).markdown { page += "## Over seeds\n\n\(text)\n" }
    if let text = EnginesSection(results: results, store: store).markdown { page += "## Engines\n\n\(text)\n" }
    if let text = SampledAnswersSection(results: results).markdown { page += "## Over samples\n\n\(text)\n" }
    if let text = attacks.markdown(chart: attackChart?.name) {
      let image = attackedScatter.map { "![Harmlessness under attack against over-refusal](\($0.name))\n\n" } ?? ""
      page += "## Attacks\n\n\(image)\(text)\n"
    }
    if let text = JudgesSection(results: results, store: store).markdown {
      page += "## Judged by language models\n\n\(text)\n"
    }
    if let text = ScoresSection(results: results).markdown { page += "## Likelihoods and choices\n\n\(text)\n" }
    if let text = NumbersSection(results: results, store: store).markdown { page += "## Right numbers\n\n\(text)\n" }
    if let text = CategoriesSection(results: results).markdown { page += "## By category\n\n\(text)\n" }
    if let text = PublishedSection(results: results, published: published).markdown {
      page += "## Beside published values\n\n\(text)\n"
    }
    if let text = ComparisonSection(results: results, store: store).markdown {
      page += "## Comparisons\n\n\(text)\n"
    }
    if let text = tuning.markdown { page += "## Tuning\n\n\(text)\n" }
    if let text = probe.markdown { page += "## Probe\n\n\(text)\n" }
    if showsSamples, let text = samples.markdown { page += "## Sample answers\n\n\(text)\n" }
    if showsSamples, let text = tokens.markdown { page += "## Token by token\n\n\(text)" }
    if let text = costs.markdown { page += "## Cost\n\n\(text)\n" }
    page += "## Manifest\n\n\(MarkdownText.block(manifest, language: "json"))\n"
    page += "## Provenance\n\n\(provenance.markdown)\n"
    page += "## Make it again\n\n\(provenance.commands)"
    let withheld: AnswersDocument.Withheld = showsWithheld ? .included : .leftOut
    let answers = { @Sendable in AnswersDocument(of: record, in: store, withheld: withheld) }
    self.page = ReportPage(
      markdown: page,
      files: [chart, scatter, attackedScatter, attackChart].compactMap(\.self) + tuning.files + probe.files
        + (showsSamples ? tokens.files : []) + export.files,
      answers: showsSamples ? answers : nil)
  }

  private static func progress(_ record: ExperimentRecord) -> String {
    let counts = [CellRecord.Status.failed, .pending].map { status in
      (status, count: record.cells.count { $0.status == status })
    }
    let missing = counts.filter { $0.count > 0 }.map { "\($0.count) \($0.0.rawValue)" }.joined(separator: ", ")
    return missing.isEmpty ? "" : "> **Incomplete:** of \(record.cells.count) cells, \(missing).\n\n"
  }
}
