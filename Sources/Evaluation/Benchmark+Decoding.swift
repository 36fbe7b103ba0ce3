import Stages

/// Benchmarks are read from `benchmarks.json`: a key that a value has here and that is missing there has its default.
extension Benchmark: Decodable {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case name, title, aliases, address, fileName, sha256, otherSHA256, license, citation, arXiv, format, fields, parts
    case standardSampleSize, note
  }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    func text(_ key: CodingKeys) throws -> String { try members.decode(String.self, forKey: key) }
    func texts(_ key: CodingKeys) throws -> [String] { try members.decodeIfPresent([String].self, forKey: key) ?? [] }
    let fields = try members.decodeIfPresent(InstructionFields.self, forKey: .fields) ?? InstructionFields()
    let format = try text(.format)
    self.init(
      name: try text(.name), title: try text(.title), aliases: try texts(.aliases), address: try text(.address),
      fileName: try text(.fileName), sha256: try members.decodeIfPresent(String.self, forKey: .sha256),
      otherSHA256: try texts(.otherSHA256), license: try text(.license), citation: try text(.citation),
      arXiv: try text(.arXiv),
      format: try InstructionFormat(named: format, fields)
        ?? {
          throw DecodingError.dataCorruptedError(
            forKey: .format, in: members, debugDescription: "no format is called \(format)")
        }(), parts: try members.decode([BenchmarkPart].self, forKey: .parts),
      standardSampleSize: try members.decodeIfPresent(Int.self, forKey: .standardSampleSize) ?? 100,
      note: try members.decodeIfPresent(String.self, forKey: .note))
  }

  /// The keys that an entry may have.
  static let keys = CodingKeys.allCases.map(\.rawValue)
}

extension InstructionFormat {
  fileprivate init?(named name: String, _ fields: InstructionFields) {
    switch name {
    case "jsonLines": self = .jsonLines(fields)
    case "csv": self = .csv(fields)
    case "jsonStrings": self = .jsonStrings
    case "jsonObjects": self = .jsonObjects(fields)
    case "jsonTopics": self = .jsonTopics
    case "lines": self = .lines
    default: return nil
    }
  }
}

extension InstructionFields: Decodable {
  private enum CodingKeys: String, CodingKey {
    case instruction, context, id, topic, form, reference, correct, incorrect, attack, list
  }

  /// Reads the names; those that are missing are the usual ones.
  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    func name(_ key: CodingKeys) throws -> String? { try members.decodeIfPresent(String.self, forKey: key) }
    self.init(
      instruction: try name(.instruction), context: try name(.context), attack: try name(.attack),
      list: try name(.list))
    id = try name(.id) ?? id
    topic = try name(.topic) ?? topic
    form = try name(.form) ?? form
    reference = try name(.reference) ?? reference
    correct = try name(.correct) ?? correct
    incorrect = try name(.incorrect) ?? incorrect
  }
}

extension BenchmarkPart: Decodable {
  private enum CodingKeys: String, CodingKey { case name, kind, size, topicsBeginning, topicsNotBeginning }

  package init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: CodingKeys.self)
    let selection: Selection =
      if let start = try members.decodeIfPresent(String.self, forKey: .topicsBeginning) {
        .topicsBeginning(with: start)
      } else if let start = try members.decodeIfPresent(String.self, forKey: .topicsNotBeginning) {
        .topicsNotBeginning(with: start)
      } else {
        .all
      }
    self.init(
      try members.decodeIfPresent(String.self, forKey: .name) ?? "all",
      kind: try members.decode(InstructionKind.self, forKey: .kind), size: try members.decode(Int.self, forKey: .size),
      selection: selection)
  }
}
