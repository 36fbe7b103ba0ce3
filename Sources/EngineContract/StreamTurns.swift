/// The tokens of a turn under each stream of a method: the instruction and everything up to the answer's first token.
package struct StreamTurns: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// One for each stream, or one for all.
  private let turns: [[Int]]

  /// A turn for each stream, or one for all where there is one, or where they are the same. Each must hold at least one
  /// token.
  package init(_ turns: [[Int]]) {
    precondition(!turns.isEmpty && turns.allSatisfy { !$0.isEmpty }, "a turn needs at least one token")
    self.turns = turns.dropFirst().allSatisfy { $0 == turns[0] } ? [turns[0]] : turns
  }

  /// The same as ``init(_:)``.
  package init(arrayLiteral turns: [Int]...) { self.init(turns) }

  /// The turn of a stream.
  package subscript(stream: Int) -> [Int] { turns.count == 1 ? turns[0] : turns[stream] }

  /// The longest turn's number of tokens.
  package var longest: Int { turns.map(\.count).max() ?? 0 }

  /// The turns with one more stream's behind those of so many streams.
  package func adding(_ turn: [Int], behind streams: Int) -> StreamTurns {
    StreamTurns((0..<streams).map { self[$0] } + [turn])
  }
}
