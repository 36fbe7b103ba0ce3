/// Which requests of a set are asked, beside the content of its file.
package struct RequestSelection: Sendable, Hashable {
  /// How the file is read.
  package enum Source: Sendable, Hashable {
    /// A benchmark by its name in the catalog; of one that has both kinds of requests, those of one kind.
    case benchmark(String, InstructionKind)
    /// A file in a format: `jsonl`, `csv`, `json` or `txt`. `field` is the column or key of the requests, nil for the
    /// usual names; `rowName` is what rows without a name of their own are named after, nil where there is none.
    case file(format: String, field: String?, rowName: String?)
  }

  /// How the file is read.
  package let source: Source
  /// How many requests are taken; nil takes all.
  package let size: Int?
  /// The seed by which they are drawn; nil takes the first.
  package let sampleSeed: Int?
  /// What the requests are transformed by once they are chosen; nil for nothing.
  package let attack: AttackParameters?

  package init(source: Source, size: Int?, sampleSeed: Int?, attack: AttackParameters? = nil) {
    self.source = source
    self.size = size
    self.sampleSeed = sampleSeed
    self.attack = attack
  }

  /// The same requests as they are.
  package var plain: RequestSelection { RequestSelection(source: source, size: size, sampleSeed: sampleSeed) }
}

extension RequestSelection: Codable {
  /// A member's name, after a prefix where the selection stands beside parameters of other names.
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ name: String, _ prefix: String = "") { stringValue = prefix + name }
    init?(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Reads the members beside others.
  package init(from decoder: any Decoder) throws { try self.init(from: decoder, prefix: "") }

  /// Reads the members whose names begin so.
  init(from decoder: any Decoder, prefix: String) throws {
    let members = try decoder.container(keyedBy: Key.self)
    func value<Value: Decodable>(_ name: String, _ type: Value.Type) throws -> Value? {
      try members.decodeIfPresent(type, forKey: Key(name, prefix))
    }
    size = try value("size", Int.self)
    sampleSeed = try value("sampleSeed", Int.self)
    attack = try value("attack", AttackParameters.self)
    if let benchmark = try value("benchmark", String.self) {
      source = .benchmark(benchmark, try members.decode(InstructionKind.self, forKey: Key("kind", prefix)))
    } else {
      source = .file(
        format: try value("format", String.self) ?? Self.plainFormat, field: try value("field", String.self),
        rowName: try value("rowName", String.self))
    }
  }

  /// Writes the members beside others.
  package func encode(to encoder: any Encoder) throws { try encode(to: encoder, prefix: "") }

  /// Writes the members with names that begin so.
  func encode(to encoder: any Encoder, prefix: String) throws {
    var members = encoder.container(keyedBy: Key.self)
    try members.encode(Nullable(wrappedValue: size), forKey: Key("size", prefix))
    try members.encodeIfPresent(sampleSeed, forKey: Key("sampleSeed", prefix))
    try members.encodeIfPresent(attack, forKey: Key("attack", prefix))
    switch source {
    case .benchmark(let name, let kind):
      try members.encode(name, forKey: Key("benchmark", prefix))
      try members.encode(kind, forKey: Key("kind", prefix))
    case .file(let format, let field, let rowName):
      try members.encodeIfPresent(field, forKey: Key("field", prefix))
      if format != Self.plainFormat { try members.encode(format, forKey: Key("format", prefix)) }
      try members.encodeIfPresent(rowName, forKey: Key("rowName", prefix))
    }
  }

  /// JSON Lines is what files were before there were others.
  private static let plainFormat = "jsonl"
}
