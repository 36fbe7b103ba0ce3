import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages

/// An experiment's results for other programs, as CSV and as JSON: refusals, likelihoods and choices, and what language
/// models say of the answers, a row for each cell and set.
struct ResultsExport: Sendable {
  let results: ExperimentResults

  private struct Table {
    var name: String
    var columns: [String]
    var rows: [[JSONValue]]
  }

  private var tables: [Table] {
    [refusals] + [scores, judgments, numbers, attacks, categories].filter { !$0.rows.isEmpty }
  }

  private func numbers(_ estimate: Estimate?) -> [JSONValue] {
    estimate.map { [.number($0.value), .number($0.low), .number($0.high)] } ?? [.null, .null, .null]
  }

  private var refusals: Table {
    let columns = [
      "cell", "baseline", "status", "set", "kind", "count", "refused", "answered", "degenerate", "unfinished",
      "too_long",
      "refusal_rate",
      "refusal_rate_low", "refusal_rate_high", "degenerate_rate", "mean_tokens",
      "noise", "fluency", "fluency_low", "fluency_high", "noise_bound",
    ]
    let rows = results.record.cells.flatMap { cell -> [[JSONValue]] in
      let head: [JSONValue] = [.string(cell.label), .boolean(cell.isBaseline), .string(cell.status.rawValue)]
      guard let metrics = cell.metrics else { return [head + columns.dropFirst(3).map { _ in .null }] }
      return metrics.sets.map { set in
        head + [
          .string(set.set), .string(set.kind.rawValue), .integer(set.count), .integer(set.refused),
          .integer(set.answered), .integer(set.degenerate), .integer(set.unfinished ?? 0), .integer(set.tooLong ?? 0),
          .number(set.refusalRate), .number(set.low),
          .number(set.high), .number(set.degenerateRate), set.hasTokens ? .number(set.meanTokens) : .null,
          set.fluency.map { .integer($0.noise) } ?? .null,
        ] + numbers(set.fluency?.logLikelihood) + [set.fluency?.bound.map(JSONValue.number) ?? .null]
      }
    }
    return Table(name: "results", columns: columns, rows: rows)
  }

  private var scores: Table {
    let columns = ["perplexity", "divergence", "mc1", "mc2"].flatMap { [$0, "\($0)_low", "\($0)_high"] }
    let rows = results.done.flatMap { cell in
      (cell.metrics.scored ?? []).map { score in
        [.string(cell.record.label), .string(score.set), .integer(score.count), .integer(score.barred)]
          + numbers(score.perplexity) + numbers(score.divergence) + numbers(score.firstChoice)
          + numbers(score.trueShare)
      }
    }
    return Table(name: "scores", columns: ["cell", "set", "count", "barred"] + columns, rows: rows)
  }

  private var numbers: Table {
    let rows = results.done.flatMap { cell in
      (cell.metrics.numbers ?? []).map { entry in
        [
          .string(cell.record.label), .string(entry.set), .integer(entry.count), .integer(entry.right),
          .integer(entry.withoutNumber), .integer(entry.tooLong ?? 0),
        ] + numbers(entry.rate) + [.number(entry.meanTokens)]
      }
    }
    return Table(
      name: "numbers",
      columns: [
        "cell", "set", "count", "right", "without_number", "too_long", "rate", "rate_low", "rate_high", "mean_tokens",
      ], rows: rows)
  }

  private var judgments: Table {
    let labels = Judgment.Label.all
    let rows = results.done.flatMap { cell in
      (cell.metrics.judged ?? []).map { entry -> [JSONValue] in
        let rate: [JSONValue] =
          entry.rate.map { [.number($0.value), .number($0.low), .number($0.high)] } ?? [.null, .null, .null]
        return [
          .string(cell.record.label), .string(entry.judge), .string(entry.question.rawValue), .string(entry.set),
          .string(entry.kind.rawValue), .integer(entry.count),
        ] + rate + labels.map { .integer(entry.count($0)) }
      }
    }
    return Table(
      name: "judgments",
      columns: ["cell", "judge", "question", "set", "kind", "count", "rate", "rate_low", "rate_high"]
        + labels.map { $0.rawValue.replacing(" ", with: "_") }, rows: rows)
  }

  private var attacks: Table {
    func numbers(_ estimate: Estimate?) -> [JSONValue] {
      estimate.map { [.number($0.value), .number($0.low), .number($0.high)] } ?? [.null, .null, .null]
    }
    let rows = results.done.flatMap { cell in
      (cell.metrics.attacks ?? []).map { entry -> [JSONValue] in
        [
          .string(cell.record.label), .string(entry.attack), .string(entry.set), .string(entry.plain),
          .string(entry.kind.rawValue), .integer(entry.count), .integer(entry.refusedPlain), .integer(entry.succeeded),
        ] + numbers(entry.success) + numbers(entry.successWithin) + [.number(entry.difference), .number(entry.pValue)]
      }
    }
    return Table(
      name: "attacks",
      columns: ["cell", "attack", "set", "plain_set", "kind", "count", "refused_plain", "answered_under_attack"]
        + ["success", "success_within"].flatMap { [$0, "\($0)_low", "\($0)_high"] }
        + ["refusal_difference", "p_value"], rows: rows)
  }

  private var categories: Table {
    let rows = results.done.flatMap { cell in
      cell.metrics.sets.flatMap { set in
        (set.categories ?? []).map { entry -> [JSONValue] in
          [
            .string(cell.record.label), .string(set.set), .string(set.kind.rawValue), .string(entry.category),
            .integer(entry.count), .integer(entry.refused), .integer(entry.answered),
          ]
        }
      }
    }
    return Table(
      name: "categories", columns: ["cell", "set", "kind", "category", "count", "refused", "answered"], rows: rows)
  }

  /// All files: a CSV file a table, and one JSON document.
  var files: [ReportFile] { tables.map(csv) + [json] }

  /// The names of the files, in markdown.
  var links: String { files.map { "[\($0.name)](\($0.name))" }.joined(separator: ", ") }

  /// A table as CSV (RFC 4180), a header first. Text that a spreadsheet would take for a formula begins with an
  /// apostrophe.
  private func csv(_ table: Table) -> ReportFile {
    let lines = [table.columns] + table.rows.map { $0.map(Self.field) }
    return ReportFile(
      name: "\(table.name).csv", contents: lines.map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined())
  }

  /// All tables as one JSON document: the experiment's hash and name, and under each table's name an object a row.
  private var json: ReportFile {
    var document = JSONObject()
    document["experiment"] = .string(results.record.fingerprint.hexadecimal)
    document["name"] = .string(results.record.name)
    for table in tables {
      document[table.name] = .array(
        table.rows.map { row in .object(JSONObject(zip(table.columns, row).map { .init(key: $0, value: $1) })) })
    }
    return ReportFile(name: "results.json", contents: JSONValue.object(document).canonical + "\n")
  }

  private static func field(_ value: JSONValue) -> String {
    switch value {
    case .string(let text): text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
    case .null: ""
    default: value.canonical
    }
  }

  private static func quoted(_ field: String) -> String {
    field.contains { ",\"\r\n".contains($0) || $0.isNewline }
      ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
  }
}
