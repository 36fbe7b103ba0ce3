import JSON

/// What a publication reports for an experiment's cells; reports print it beside what was measured. Part of no hash.
package struct PublishedValues: Sendable, Hashable {
  /// A cell's value on one evaluation set.
  package struct Value: Sendable, Hashable {
    /// The cell's label.
    package let cell: String
    /// The set's name.
    package let set: String
    /// The value: a rate from 0 to 1.
    package let value: Double
  }

  /// What the column is called: the publication's model, for one.
  package let name: String
  /// Where the values stand: publication, table or figure.
  package let source: String
  /// The values, in the order written.
  package let values: [Value]

  /// What a list of them looks like.
  static let example: JSONValue = [
    ["name": "Llama-2", "source": "Table 1", "values": ["acd": ["AdvBench": 0.98]]]
  ]

  /// An entry as a manifest writes it.
  private struct Written: ManifestSection {
    var name = ""
    var source = ""
    var values = JSONObject()

    static let keys: [ManifestKey<Self>] = [
      .text("name", \.name, isRequired: true, example: "Llama-2", "The title of the column, such as the model."),
      .text(
        "source", \.source, isRequired: true, example: "Table 1", "The publication, and the table or figure."),
      ManifestKey(
        KeyDescription(
          name: "values",
          type: .other(
            schema: JSONObject([
              .init(key: "type", value: "object"),
              .init(
                key: "additionalProperties",
                value: [
                  "type": "object", "additionalProperties": ["type": "number", "minimum": 0, "maximum": 1],
                ]),
            ]), words: "object"),
          isNullable: false, isRequired: true, fallback: nil, example: ["acd": ["AdvBench": 0.98]],
          meaning: "An object from cell labels to objects from sets to rates."),
        take: { (section, value) throws(ManifestError) in
          guard let rows = value.value?.object else {
            throw value.invalid(expected: "an object from cells to objects from sets to values")
          }
          section.values = rows
        }, write: { .object($0.values) }),
    ]
  }

  /// What schema and documentation say of an entry.
  static var section: SectionDescription { Written.description }

  /// The value of a cell on a set, or nil.
  package func value(cell: String, set: String) -> Double? {
    values.first { $0.cell == cell && $0.set == set }?.value
  }

  /// Reads the manifest's list. Throws for a cell or a set that the manifest does not have: a name that was misspelled
  /// would be lost without a word.
  static func list(
    reading value: JSONValue?, cells: [ManifestCell]
  ) throws(ManifestError) -> [PublishedValues] {
    guard let value else { return [] }
    guard let elements = value.array else {
      throw ManifestError(at: "published", found: value.summary, expected: "a list of objects")
    }
    var list: [PublishedValues] = []
    for (index, element) in elements.enumerated() {
      list.append(try PublishedValues(reading: element, at: "published[\(index)]", cells: cells))
    }
    return list
  }

  private init(reading value: JSONValue, at place: String, cells: [ManifestCell]) throws(ManifestError) {
    let written = try Written(reading: value, at: place)
    name = written.name
    source = written.source
    var values: [Value] = []
    for row in written.values.members {
      let path = "\(place).values.\(row.key)"
      guard let cell = cells.first(where: { $0.label == row.key }) else {
        throw ManifestError.unknownKey(row.key, at: path, known: cells.map(\.label))
      }
      guard let columns = row.value.object else {
        throw ManifestError(at: path, found: row.value.summary, expected: "an object from sets to values")
      }
      for column in columns.members {
        let sets = cell.settings.evaluation.sets.map(\.name)
        guard sets.contains(column.key) else {
          throw ManifestError.unknownKey(column.key, at: "\(path).\(column.key)", known: sets)
        }
        guard let number = column.value.number, (0...1).contains(number) else {
          throw ManifestError(
            at: "\(path).\(column.key)", found: column.value.summary, expected: "a number from 0 to 1")
        }
        values.append(Value(cell: row.key, set: column.key, value: number))
      }
    }
    self.values = values
  }

  /// The entry as a manifest writes it.
  var resolved: JSONValue {
    var rows = JSONObject()
    for value in values {
      var columns = rows[value.cell]?.object ?? JSONObject()
      columns[value.set] = .number(value.value)
      rows[value.cell] = .object(columns)
    }
    return ["name": .string(name), "source": .string(source), "values": .object(rows)]
  }
}
