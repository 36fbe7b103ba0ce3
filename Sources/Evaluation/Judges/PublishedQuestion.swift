package import Foundation
package import Stages

/// A judge's question where its authors publish it: fetched and checked by its hash, and no part of this project.
package struct PublishedQuestion: Sendable {
  /// The judges that are asked it.
  package let format: JudgeFormat
  /// The file that holds it: its address, hash and license.
  package let source: Benchmark
  /// The variable of that Python program whose text it is.
  private let variable: String

  /// All that are known; a question is here once a copy of its authors' file was at hand to take its hash of.
  package static let all = [
    PublishedQuestion(
      format: .wildGuard,
      source: Benchmark(
        name: "wildguard", title: "WildGuard's question",
        address: "https://raw.githubusercontent.com/allenai/wildguard/28c9d21e32e1191b526cdb605b9de11c17b58479/"
          + "wildguard/utils.py", fileName: "wildguard_utils.py",
        sha256: "7b7d42eb60d68608a3b8ce1ba4468dcbb94938b812e365947a1f0a0b1252a3e0", license: "Apache-2.0",
        citation: "Han, Rao, Ettinger, Jiang, Lin, Lambert, Choi, Dziri: WildGuard: Open One-Stop Moderation Tools for "
          + "Safety Risks, Jailbreaks, and Refusals of LLMs (2024)", arXiv: "2406.18495", format: .lines, parts: []),
      variable: "WILDGUARD_INPUT_FORMAT")
  ]

  /// The question of a name as a manifest or a command has it; nil for none.
  package static func named(_ name: String) -> PublishedQuestion? { all.first { $0.source.name == name } }

  /// The question's text in the bytes of its file: the string in three quotation marks that its variable is given.
  /// - Throws: ``EvaluationError`` where there is none.
  package func text(in bytes: Data, path: String) throws -> Data {
    let program = String(decoding: bytes, as: UTF8.self), mark = "\"\"\""
    guard let start = program.firstRange(of: "\n\(variable) = \(mark)")?.upperBound,
      let end = program[start...].firstRange(of: mark)?.lowerBound
    else {
      throw EvaluationError.malformed(
        path: path, place: variable, found: "no text in three quotation marks",
        expected: "the question of \(format.name)")
    }
    return Data(program[start..<end].utf8)
  }
}
