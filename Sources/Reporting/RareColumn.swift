package import Stages

/// A column for what seldom happens to a request: it stands in tables where it happened.
package struct RareColumn: Sendable {
  /// The column's title.
  package let title: String
  /// How many requests of a set it happened to; nil for none.
  package let count: @Sendable (SetMetrics) -> Int?
  /// What a report says of it.
  let meaning: String

  /// The columns that some sets need, in the order of tables.
  package static func columns(of sets: [SetMetrics]) -> [RareColumn] {
    [
      RareColumn(
        title: "unfinished", count: \.unfinished,
        meaning: "The thinking aloud of unfinished answers did not end within `decoding.maximumTokens`. "),
      RareColumn(
        title: "too long", count: \.tooLong,
        meaning: "Requests that are too long for the model, with room for an answer, were not asked. "),
    ].filter { column in sets.contains { column.count($0) != nil } }
  }
}
