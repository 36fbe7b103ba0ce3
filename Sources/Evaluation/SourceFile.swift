package import Foundation
import JSON
package import Stages

/// The content of a file, and a name that messages alone say: what is computed from it can't depend on where it lies.
package struct SourceFile: Sendable {
  /// The content.
  package let bytes: Data
  /// The file's path, as whoever named it wrote it.
  let name: String

  package init(_ bytes: Data, name: String) {
    self.bytes = bytes
    self.name = name
  }

  /// The requests of a selection, in the file's order.
  /// - Throws: ``EvaluationError``, ``BenchmarkError``.
  package func instructions(_ selection: RequestSelection) throws -> [Instruction] {
    let all: [Instruction]
    switch selection.source {
    case .file(let format, let field, let rowName):
      all = try InstructionReader.read(self, format: format, field: field, rowName: rowName ?? "")
    case .benchmark(let benchmark, let kind):
      let benchmark = try BenchmarkCatalog.benchmark(named: benchmark)
      guard let part = benchmark.parts.first(where: { $0.kind == kind }) else {
        throw EvaluationError.malformed(
          path: benchmark.name, place: "evaluation.sets", found: "no \(kind.rawValue) requests",
          expected: "the kind \(benchmark.parts.map(\.kind.rawValue).joined(separator: " or "))")
      }
      all = part.instructions(of: try benchmark.instructions(from: bytes, path: name))
    }
    guard let size = selection.size else { return all }
    guard size <= all.count else { throw tooFew(all.count, wanted: size, key: "evaluation.sets") }
    return selection.sampleSeed.map { all.sample(count: size, seed: $0) } ?? Array(all.prefix(size))
  }

  /// Whether some rows of a user's own file have no name of their own, and are named after the file.
  package func hasUnnamedRows(format: String, field: String?) throws -> Bool {
    // No row's own name begins so.
    let mark = "\u{0}"
    return try InstructionReader.read(self, format: format, field: field, rowName: mark)
      .contains { $0.id.hasPrefix(mark) }
  }

  /// The first instructions of a file in this project's own form.
  /// - Parameter key: The manifest's key that says how many.
  package func instructions(first size: Int, key: String) throws -> [Instruction] {
    let all = try InstructionSet.parse(self).instructions
    guard size <= all.count else { throw tooFew(all.count, wanted: size, key: key) }
    return Array(all.prefix(size))
  }

  /// The file as one JSON value.
  /// - Parameter expected: What it should be, for the message.
  package func value<Value: Decodable>(as type: Value.Type, expected: String) throws -> Value {
    try decoded(bytes, place: "the file", expected: expected)
  }

  /// The file as JSON Lines; at least one row.
  /// - Parameter expected: What a row should be, for the message.
  package func rows<Row: Decodable>(as type: Row.Type, expected: String) throws -> [Row] {
    let rows: [Row] = try JSONLines.lines(of: bytes).map {
      try decoded($0.bytes, place: "line \($0.number)", expected: expected)
    }
    guard !rows.isEmpty else {
      throw malformed(at: "the file", found: "no line", expected: "\(expected) a line")
    }
    return rows
  }

  private func decoded<Value: Decodable>(
    _ text: some Sequence<UInt8>, place: String, expected: String
  ) throws -> Value {
    do {
      return try JSONValue(JSONElement(parsing: text)).decoded()
    } catch let error as DecodingError {
      throw malformed(at: place, found: error.problem, expected: expected)
    } catch is JSONSyntaxError {
      throw malformed(at: place, found: "text that is not JSON", expected: expected)
    }
  }

  /// The true and the false answers that stand beside a request.
  package func knownAnswers(of instruction: Instruction) throws -> (correct: [String], incorrect: [String]) {
    guard let correct = instruction.correct, let incorrect = instruction.incorrect, !correct.isEmpty,
      !incorrect.isEmpty
    else { throw missing("true and false answers", at: instruction, "truthfulqa") }
    return (correct, incorrect)
  }

  /// The answer to compare with that stands beside a request.
  package func reference(of instruction: Instruction) throws -> String {
    guard let reference = instruction.reference, !reference.isBlank else {
      throw missing("reference answer", at: instruction, "alpacaeval")
    }
    return reference
  }

  /// The number that the reference answer of a request comes to: its last one.
  package func number(of instruction: Instruction) throws -> String {
    guard let number = LastNumber.digits(in: try reference(of: instruction)) else {
      throw malformed(
        at: instruction.id, found: "a reference answer without a number",
        expected: "one that ends with the right number, for the measure \"number\"")
    }
    return number
  }

  private func missing(_ what: String, at instruction: Instruction, _ example: String) -> EvaluationError {
    malformed(
      at: instruction.id, found: "no \(what)",
      expected: "one, as every row of the benchmark \(example) has, for what the manifest asks of this set")
  }

  /// The error for a file that lacks something.
  package func malformed(at place: String, found: String, expected: String) -> EvaluationError {
    .malformed(path: name, place: place, found: found, expected: expected)
  }

  /// The error for a file with fewer rows than a manifest's key asks for.
  package func tooFew(_ found: Int, wanted: Int, key: String) -> EvaluationError {
    .tooFew(path: name, found: found, wanted: wanted, key: key)
  }
}

extension DecodingError {
  /// What is wrong, without the type names that mean nothing to a user.
  fileprivate var problem: String {
    switch self {
    case .keyNotFound(let key, _): "no key \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "another kind of value at \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\""
    case .dataCorrupted: "text that is not JSON"
    @unknown default: "text that can't be read"
    }
  }
}
