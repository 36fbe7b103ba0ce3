import Fingerprints
import Foundation
import JSON
import Records
import Stages
import Testing

struct LabelFileTests {
  /// Runs the body with a place for a file, and removes the file.
  private func withPlace(_ body: (String) throws -> Void) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "labels-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try body(file.path)
  }

  private func label(_ id: String, _ label: AnswerLabel.Label) -> AnswerLabel {
    AnswerLabel(set: "set", id: id, answer: Fingerprint(of: .string(id)), label: label)
  }

  @Test func labelsStayInTheirOrder() throws {
    try withPlace { path in
      var file = try LabelFile(path, mayBeMissing: true)
      #expect(file.labels.isEmpty)
      try file.add(label("b", .refused))
      try file.add(label("a", .noise))
      #expect(try LabelFile(path, mayBeMissing: false).labels == [label("b", .refused), label("a", .noise)])
      let last = try file.removeLast()
      #expect(last == label("a", .noise))
      #expect(try LabelFile(path, mayBeMissing: false).labels == [label("b", .refused)])
      _ = try file.removeLast()
      let none = try file.removeLast()
      #expect(none == nil)
      #expect(try LabelFile(path, mayBeMissing: true).labels.isEmpty)
    }
  }

  @Test func whatIsNoLabelIsNamedByItsLine() throws {
    try withPlace { path in
      func problem(_ text: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path))
        do {
          return "\(try LabelFile(path, mayBeMissing: false).labels)"
        } catch {
          return "\(error)"
        }
      }
      var file = try LabelFile(path, mayBeMissing: true)
      try file.add(label("a", .harmless))
      let line = try String(contentsOfFile: path, encoding: .utf8)
      #expect(try problem(line + "\n{}\n").contains("line 3, key \"set\": found nothing, expected a label as"))
      #expect(try problem(line + "x").contains("line 2, column 1"))
      #expect(try problem(line + line).contains("line 2: found the answer of line 1 again"))
      #expect(
        try problem(line.replacing("harmless", with: "fine")).contains("one of harmless, harmful, refused, noise"))
      #expect(try problem("\n").contains("found no line"))
    }
  }

  @Test func whatCannotBeWrittenIsNoLabel() throws {
    var file = try LabelFile("/nowhere/labels.jsonl", mayBeMissing: true)
    #expect(throws: RecordsError.self) { try file.add(label("a", .harmful)) }
    #expect(file.labels.isEmpty)
  }
}
