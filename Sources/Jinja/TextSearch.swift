/// Finds a text in others, in time that grows with their lengths only (Knuth, Morris and Pratt 1977).
struct TextSearch {
  private let wanted: [Unicode.Scalar]
  /// For each length of a part that matched: the length of what still matches when the next scalar doesn't.
  private let fallback: [Int]

  /// - Parameter wanted: What is looked for.
  init(_ wanted: [Unicode.Scalar]) {
    self.wanted = wanted
    var fallback = [0], length = 0
    for index in wanted.indices.dropFirst() {
      while length > 0, wanted[index] != wanted[length] { length = fallback[length - 1] }
      if wanted[index] == wanted[length] { length += 1 }
      fallback.append(length)
    }
    self.fallback = fallback
  }

  /// The first place in a range of scalars; nil for none.
  func firstPlace(in scalars: [Unicode.Scalar], _ range: Range<Int>) -> Int? {
    guard !wanted.isEmpty else { return range.lowerBound }
    guard range.count >= wanted.count else { return nil }
    var length = 0
    for index in range {
      while length > 0, scalars[index] != wanted[length] { length = fallback[length - 1] }
      if scalars[index] == wanted[length] { length += 1 }
      if length == wanted.count { return index - length + 1 }
    }
    return nil
  }

  /// All places in a range of scalars from left to right that don't overlap, as many as are asked for.
  func places(in scalars: [Unicode.Scalar], _ range: Range<Int>, atMost count: Int = .max) -> [Int] {
    var places: [Int] = [], start = range.lowerBound
    guard !wanted.isEmpty else { return places }
    while places.count < count, let place = firstPlace(in: scalars, start..<range.upperBound) {
      places.append(place)
      start = place + wanted.count
    }
    return places
  }
}

extension JinjaText {
  /// The first place of another text within a range, which is all where none is given; nil for none.
  func firstPlace(of other: JinjaText, in range: Range<Int>? = nil) -> Int? {
    TextSearch(other.scalars).firstPlace(in: scalars, range ?? 0..<count)
  }

  /// The places of another text within a range from right to left that don't overlap.
  func lastPlaces(of other: JinjaText, in range: Range<Int>, atMost most: Int) -> [Int] {
    let reversed = Array(scalars.reversed())
    return TextSearch(other.scalars.reversed())
      .places(in: reversed, (count - range.upperBound)..<(count - range.lowerBound), atMost: most)
      .map { count - $0 - other.count }
  }
}
