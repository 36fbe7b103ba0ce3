/// The tokens that are cut out of a text whole, before it is split into words.
struct LiteralTokens: Sendable {
  /// A part of a text: one literal token, or the bytes between two of them.
  enum Part: Equatable, Sendable {
    case token(Int)
    case text(Range<Int>)
  }

  private struct Literal: Sendable {
    var id: Int
    var spelling: [UInt8]
  }

  /// The literals by their first byte, the longest first.
  private var byFirstByte = [[Literal]](repeating: [], count: 256)

  /// Gathers the tokens with these ids; empty spellings match nothing.
  init(_ ids: [Int], of vocabulary: ByteStringTable) {
    for id in ids {
      guard let first = vocabulary[id].first else { continue }
      byFirstByte[Int(first)].append(Literal(id: id, spelling: Array(vocabulary[id])))
    }
    for byte in byFirstByte.indices {
      byFirstByte[byte].sort { ($0.spelling.count, $1.id) > ($1.spelling.count, $0.id) }
    }
  }

  /// Cuts the text at the literals in it: the leftmost first and, of those that begin there, the longest.
  func parts(of text: [UInt8]) -> [Part] {
    var parts: [Part] = []
    var start = 0
    var index = 0
    while index < text.count {
      let candidates = byFirstByte[Int(text[index])]
      guard let match = candidates.first(where: { text[index...].starts(with: $0.spelling) }) else {
        index += 1
        continue
      }
      if start < index { parts.append(.text(start..<index)) }
      parts.append(.token(match.id))
      index += match.spelling.count
      start = index
    }
    if start < text.count { parts.append(.text(start..<text.count)) }
    return parts
  }
}
