import Experiments
import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Reporting

struct ResultsExportTests {
  private func export(label: String) throws -> ResultsExport {
    let metrics = SetMetrics(
      set: "a, \"b\"", kind: .harmful, count: 10, refused: 4, answered: 5, degenerate: 1, refusalRate: 0.4, low: 0.2,
      high: 0.6, degenerateRate: 0.1, meanTokens: 12.5)
    let cells = [
      CellRecord(
        label: label, overrides: [], isBaseline: true, stages: [], metrics: CellMetrics(sets: [metrics]), failure: nil),
      CellRecord(label: "x", overrides: [], isBaseline: false, stages: [], metrics: nil, failure: "broken"),
    ]
    return ResultsExport(
      results: ExperimentResults(
        ExperimentRecord(
          fingerprint: Fingerprint(ofBytes: Data()), name: "n", question: "", cells: cells, started: Date(),
          finished: nil,
          environment: [:], toolVersion: "0")))
  }

  @Test func csvQuotesAndDisarms() throws {
    let lines = try #require(export(label: "=1+1").files.first { $0.name == "results.csv" }).contents.components(
      separatedBy: "\r\n")
    #expect(lines.count == 4 && lines[3].isEmpty)
    #expect(lines[0].hasPrefix("cell,baseline,status,set,kind,count,refused"))
    #expect(lines[1] == "'=1+1,true,done,\"a, \"\"b\"\"\",harmful,10,4,5,1,0,0,0.4,0.2,0.6,0.1,12.5,,,,,")
    #expect(lines[2] == "x,false,failed,,,,,,,,,,,,,,,,,,")
  }

  @Test func jsonHoldsTheSameRows() throws {
    let document = try JSONValue(
      parsing: #require(export(label: "base").files.first { $0.name == "results.json" }).contents)
    let rows = try #require(document["results"]?.array)
    #expect(rows.count == 2)
    #expect(rows[0]["refusal_rate"] == 0.4 && rows[0]["set"] == "a, \"b\"" && rows[1]["status"] == "failed")
    #expect(rows[1]["refused"] == .null)
  }
}
