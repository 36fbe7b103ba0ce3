import Foundation
import Testing

@testable import Jinja

/// Each construct, against Python's jinja2 as transformers configures it (`Tests/Reference/jinja_fixtures.py`).
struct JinjaFixtureTests {
  private struct Row: Decodable {
    var source: String
    var output: String?
    var error: String?
  }

  private static func lines() throws -> [Data] {
    let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/jinja.jsonl")
    return try Data(contentsOf: url).split(separator: UInt8(ascii: "\n"))
  }

  private static func value(_ any: Any) -> JinjaValue {
    switch any {
    case let text as String: .string(text)
    case let elements as [Any]: .list(elements.map(value))
    case let members as [String: Any]:
      // As Python keeps them; Foundation does not.
      .dictionary(
        JinjaDictionary(
          ["k", "items", "n", "r", "c"].compactMap { key in
            members[key].map { (key, value($0)) }
          }))
    default: .none
    }
  }

  @Test func everyConstructGivesWhatPythonGives() throws {
    let lines = try Self.lines()
    let head = try #require(try JSONSerialization.jsonObject(with: lines[0]) as? [String: [String: Any]])
    let variables = try #require(head["variables"]).map { ($0.key, Self.value($0.value)) }
    let now = JinjaDate(year: 2024, month: 7, day: 26, hour: 15, minute: 4, second: 5)
    var count = 0
    for line in lines.dropFirst() {
      let row = try JSONDecoder().decode(Row.self, from: line)
      let result = Result { () throws(JinjaError) in try JinjaTemplate(row.source).render(variables, now: now) }
      switch result {
      case .success(let text): #expect(text.utf8.elementsEqual((row.output ?? "an error").utf8), "\(row)\n\(text)")
      case .failure(let error):
        #expect(row.output == nil, "\(row)\n\(error)")
        if row.source.contains("raise_exception") { #expect(error == .raised("No Hello World")) }
      }
      count += 1
    }
    #expect(count > 350)
  }
}
