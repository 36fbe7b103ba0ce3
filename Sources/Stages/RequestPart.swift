/// A part of a stage's requests: of so many parts, the one that has every count-th request from a number on. An answer
/// depends on its request alone, so that parts can be made anywhere, and together are what the stage makes by itself.
package struct RequestPart: Sendable, Hashable {
  /// From zero.
  package let number: Int
  /// How many parts there are.
  package let count: Int

  package init(number: Int, of count: Int) {
    self.number = number
    self.count = count
  }

  /// Whether the request of a place belongs to it.
  package func contains(_ place: Int) -> Bool { place % count == number }

  /// In words, from one.
  package var text: String { "part \(number + 1) of \(count)" }
}
