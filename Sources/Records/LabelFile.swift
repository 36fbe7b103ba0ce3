import Foundation
import JSON
package import Stages

/// A file of labels that people gave: JSON Lines, written after every label.
package struct LabelFile: Sendable {
  /// Where it is.
  package let path: String
  /// The labels in their order, no answer twice.
  package private(set) var labels: [AnswerLabel]

  /// Reads a file.
  /// - Parameter mayBeMissing: Whether a file that is not there, or empty, is one without labels.
  /// - Throws: `RecordsError` with the line of what is no label.
  package init(_ path: String, mayBeMissing: Bool) throws {
    self.path = path
    labels = []
    let file = URL(fileURLWithPath: path)
    guard !mayBeMissing || StoreFiles.exists(file) else { return }
    let lines = JSONLines.lines(of: try StoreFiles.text(of: file).utf8)
    let known = AnswerLabel.Label.allCases.map(\.rawValue).joined(separator: ", ")
    let expected =
      "a label as `ablate label` writes it: \"set\", \"id\", \"answer\" and \"label\", which is one of \(known)"
    guard !lines.isEmpty || mayBeMissing else {
      throw RecordsError.malformed(path: path, place: "", found: "no line", expected: "\(expected) a line")
    }
    var places: [AnswerLabel.Key: Int] = [:]
    for line in lines {
      let label: AnswerLabel
      do {
        label = try CanonicalFile.decode(AnswerLabel.self, from: line.bytes, path: path, line: line.number)
      } catch RecordsError.malformed(_, let place, let found, _) {
        throw RecordsError.malformed(path: path, place: place, found: found, expected: expected)
      }
      if let earlier = places.updateValue(line.number, forKey: label.key) {
        throw RecordsError.malformed(
          path: path, place: "line \(line.number)", found: "the answer of line \(earlier) again",
          expected: "one label an answer")
      }
      labels.append(label)
    }
  }

  /// Adds a label, and writes the file.
  /// - Throws: `RecordsError.cannotWrite`; the labels are then as they were.
  package mutating func add(_ label: AnswerLabel) throws { try write(labels + [label]) }

  /// Takes the last label back, and writes the file; nil where there is none.
  package mutating func removeLast() throws -> AnswerLabel? {
    guard let last = labels.last else { return nil }
    try write(labels.dropLast())
    return last
  }

  private mutating func write(_ changed: [AnswerLabel]) throws {
    try StoreFiles.replace(URL(fileURLWithPath: path), with: Data(JSONLines.text(of: changed).utf8))
    labels = changed
  }
}
