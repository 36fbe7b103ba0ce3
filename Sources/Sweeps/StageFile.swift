package import Fingerprints
import JSON
package import Stages

/// What workers are to do: a file that names stages of experiments in a store, and nothing else. The store holds the
/// experiments' manifests and data.
package struct StageFile: Sendable, Hashable, Codable {
  /// A stage, or a part of its requests: as text, its hash, and behind a space the part, from one.
  package struct Item: Sendable, Hashable {
    package let stage: Fingerprint
    /// Nil for all of it.
    package let part: RequestPart?

    package init(_ stage: Fingerprint, part: RequestPart? = nil) {
      self.stage = stage
      self.part = part
    }
  }

  /// What one job does, in this order.
  package typealias Task = [Item]

  /// The experiments to which the stages belong.
  package var experiments: [Fingerprint]
  /// The tasks. Those of one wave need nothing of each other, and what earlier waves make.
  package var waves: [[Task]]

  package init(experiments: [Fingerprint], waves: [[Task]]) {
    self.experiments = experiments
    self.waves = waves
  }

  /// All tasks. A task's place here is its number.
  package var tasks: [Task] { waves.flatMap { $0 } }

  /// The stages, each once.
  package var stages: [Fingerprint] {
    var seen: Set<Fingerprint> = []
    return tasks.joined().map(\.stage).filter { seen.insert($0).inserted }
  }

  /// Reads the JSON of a file. Throws `JSONSyntaxError` or `DecodingError`.
  package init(parsing bytes: some Sequence<UInt8>) throws {
    self = try JSONValue(JSONElement(parsing: bytes)).decoded()
  }

  /// The JSON of a file.
  package var text: String {
    get throws { try JSONValue(encoding: self).indented() + "\n" }
  }
}

extension StageFile.Item: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer(), text = try container.decode(String.self)
    let words = text.split(separator: " ")
    guard let stage = words.first.flatMap({ Fingerprint(hexadecimal: String($0)) }), words.count <= 2 else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a stage's hash, and perhaps a part")
    }
    self.stage = stage
    guard words.count == 2 else {
      part = nil
      return
    }
    let numbers = words[1].split(separator: "/").compactMap { Int($0) }
    guard numbers.count == 2, (1...1_000_000).contains(numbers[1]), (1...numbers[1]).contains(numbers[0]) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "a part such as 1/3")
    }
    part = RequestPart(number: numbers[0] - 1, of: numbers[1])
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(stage.hexadecimal + (part.map { " \($0.number + 1)/\($0.count)" } ?? ""))
  }
}
