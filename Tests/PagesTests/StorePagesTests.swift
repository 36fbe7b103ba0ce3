import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

@testable import Pages

struct StorePagesTests {
  /// Pages over a store with one experiment, and its address.
  private func withPages(_ body: (StorePages, String, AnsweredStore) throws -> Void) throws {
    let samples = try AnsweredStore()
    defer { samples.remove() }
    let record = try samples.experiment()
    let pages = StorePages(
      samples.store, indexIn: IndexFolder(samples.folder.appendingPathComponent("indexes")), labelsIn: samples.folder
    ) { fingerprint in
      ["report.html": "<p>\(fingerprint.short)", "results.csv": "a,b"]
    }
    try body(pages, "/antipode/experiments/\(record.fingerprint.short)", samples)
  }

  private func json(_ reply: StorePages.Reply?) throws -> JSONValue {
    try JSONValue(parsing: String(decoding: try #require(reply).body, as: UTF8.self))
  }

  private func get(_ path: String, _ query: [String: String] = [:], _ headers: [String: String] = [:])
    -> StorePages.Request
  {
    StorePages.Request(method: "GET", path: path, query: query, headers: headers)
  }

  private func post(_ body: JSONValue, type: String = "application/json; charset=utf-8") -> StorePages.Request {
    StorePages.Request(
      method: "POST", path: "/antipode/labels", headers: ["content-type": type], body: Data(body.canonical.utf8))
  }

  @Test func listsExperimentsAndTheirFiles() throws {
    try withPages { pages, address, _ in
      let list = try json(pages.reply(to: get("/antipode/experiments")))
      try #require(list.array?.count == 1)
      #expect(list.array?[0]["name"] == "sample </script>" && list.array?[0]["cells"] == 2)
      #expect(list.array?[0]["created"] == "2026-02-02T02:40:00Z")
      #expect(try json(pages.reply(to: get("\(address)/answers")))["requests"]?.array?.count == 4)
      let report = try #require(pages.reply(to: get("\(address)/report")))
      #expect(report.contentType == "text/html; charset=utf-8")
      #expect(String(decoding: report.body, as: UTF8.self).hasPrefix("<p>"))
      #expect(pages.reply(to: get("\(address)/results.csv"))?.contentType == "text/csv; charset=utf-8")
      #expect(pages.reply(to: get("\(address)/other.csv"))?.status == 404)
      #expect(pages.reply(to: get("/antipode/experiments/0000/answers"))?.status == 404)
      #expect(pages.reply(to: get("/antipode/experiments/..%2F/answers"))?.status == 404)
      #expect(pages.reply(to: get("/v1/models")) == nil)
      #expect(pages.reply(to: get("/antipode/models")) == nil)
    }
  }

  @Test func noLinkShowsWhatIsCovered() throws {
    try withPages { pages, address, _ in
      let name = Fingerprint(ofBytes: Data("SECRET one".utf8)).hexadecimal
      let link = pages.reply(to: get("\(address)/answers/\(name)"))
      #expect(link?.status == 403 && link.map { String(decoding: $0.body, as: UTF8.self) }?.contains("SECRET") == false)
      #expect(pages.reply(to: get("\(address)/answers/\(name)", [:], [StorePages.uncoverHeader: "yes"]))?.status == 403)
      let asked = try json(pages.reply(to: get("\(address)/answers/\(name)", [:], [StorePages.uncoverHeader: name])))
      #expect(asked == ["text": "SECRET one"])
      let other = Fingerprint(of: "other").hexadecimal
      #expect(
        pages.reply(to: get("\(address)/answers/\(other)", [:], [StorePages.uncoverHeader: other]))?.status == 404)
      #expect(pages.reply(to: get("\(address)/answers/zz", [:], [StorePages.uncoverHeader: "zz"]))?.status == 404)
    }
  }

  @Test func labelsGoToTheFileThatTheToolWrites() throws {
    try withPages { pages, address, samples in
      let first = try json(pages.reply(to: get("\(address)/labelling", ["set": "harmful set"])))
      let answers = try #require(first["answers"]?.array)
      // Silence of one cell and five other texts; nothing tells which cell made one.
      #expect(answers.count == 6 && !first.canonical.contains("opposite") && !first.canonical.contains("\"base\""))
      // One of them is a refusal by its wording that the judge calls harmful.
      #expect(answers.count { $0["text"] == nil } == 4 && !first.canonical.contains("SECRET"))
      #expect(first["sets"] == ["harmful set", "harmless set"])
      let row = try #require(answers.first { $0["id"] == "a" })
      func body(_ label: JSONValue) -> JSONValue {
        [
          "experiment": first["experiment"] ?? .null, "set": "harmful set", "id": "a", "answer": row["answer"] ?? .null,
          "label": label,
        ]
      }
      #expect(try json(pages.reply(to: post(body("harmful")))) == ["labels": 1])
      // Said again, it is the same.
      #expect(try json(pages.reply(to: post(body("harmful")))) == ["labels": 1])
      #expect(pages.reply(to: post(body("noise")))?.status == 409)
      let path = try #require(first["file"]?.string)
      #expect(path.hasPrefix(samples.folder.path))
      let file = try LabelFile(path, mayBeMissing: false)
      #expect(file.labels.map(\.label) == [.harmful] && file.labels[0].id == "a")
      let again = try json(pages.reply(to: get("\(address)/labelling", ["set": "harmful set"])))
      #expect(again["answers"]?.array?.first { $0["answer"] == row["answer"] }?["label"] == "harmful")
      #expect(try json(pages.reply(to: post(body(.null)))) == ["labels": 0])
      #expect(try json(pages.reply(to: post(body(.null)))) == ["labels": 0])
    }
  }

  @Test func whatIsNoLabelIsRefused() throws {
    try withPages { pages, address, _ in
      #expect(pages.reply(to: get("\(address)/labelling", ["set": "other"]))?.status == 404)
      let known: JSONValue = [
        "experiment": "0000", "set": "harmful set", "id": "a",
        "answer": .string(Fingerprint(of: "x").hexadecimal), "label": "harmful",
      ]
      #expect(pages.reply(to: post(known))?.status == 404)
      #expect(pages.reply(to: post(known, type: "text/plain"))?.status == 415)
      #expect(pages.reply(to: post(["label": "harmful"]))?.status == 400)
      #expect(pages.reply(to: post(["label": "fine"]))?.status == 400)
      #expect(pages.reply(to: get("/antipode/labels"))?.status == 405)
      let parts = address.split(separator: "/")
      let other: JSONValue = [
        "experiment": .string(String(parts[2])), "set": "harmful set", "id": "a",
        "answer": .string(Fingerprint(of: "x").hexadecimal), "label": "harmful",
      ]
      #expect(pages.reply(to: post(other))?.status == 404)
    }
  }
}
