import Evaluation
import Foundation
import JSON
import Messages
package import Stages

/// A file of labels that people gave: JSON Lines, written after every label.
package struct LabelFile: Sendable {
  /// Where it is.
  package let path: String
  /// The labels in their order, no answer twice.
  package private(set) var labels: [AnswerLabel]

  /// Reads a file.
  /// - Parameter mayBeMissing: Whether a file that is not there, or empty, is one without labels.
  /// - Throws: ``WorkbenchError``, or `EvaluationError` with the line of what is no label.
  package init(_ path: String, mayBeMissing: Bool) throws {
    self.path = path
    labels = []
    guard !mayBeMissing || FileManager.default.fileExists(atPath: path) else { return }
    let bytes = try PathLookup.read(mayBeMissing ? path : PathLookup.find(path))
    guard !mayBeMissing || !bytes.isEmpty else { return }
    let file = SourceFile(bytes, name: path)
    let known = AnswerLabel.Label.allCases.map(\.rawValue).joined(separator: ", ")
    labels = try file.rows(
      as: AnswerLabel.self,
      expected: "a label as `ablate label` writes it: \"set\", \"id\", \"answer\" and \"label\", "
        + "which is one of \(known)")
    var lines: [AnswerLabel.Key: Int] = [:]
    for (index, label) in labels.enumerated() {
      if let earlier = lines[label.key] {
        throw file.malformed(
          at: "label \(index + 1)", found: "the answer of label \(earlier + 1) again", expected: "one label an answer")
      }
      lines[label.key] = index
    }
  }

  /// Adds a label, and writes the file.
  package mutating func add(_ label: AnswerLabel) throws {
    labels.append(label)
    try write()
  }

  /// Takes the last label back, and writes the file; nil where there is none.
  package mutating func removeLast() throws -> AnswerLabel? {
    guard let last = labels.popLast() else { return nil }
    try write()
    return last
  }

  private func write() throws {
    do {
      try Data(JSONLines.text(of: labels).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw WorkbenchError.unwritable(path: path, reason: SystemError.wording(error))
    }
  }
}
