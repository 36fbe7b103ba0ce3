/// Which pairs of neighboring tokens become one, and which of them first.
struct MergeTable: Sendable {
  /// What a pair becomes.
  struct Merge: Sendable {
    /// Lower ranks are merged first.
    var rank: UInt32
    var result: Int32
  }

  private var merges: [UInt64: Merge]

  /// Resolves listed merges against the vocabulary.
  ///
  /// A merge that would make a special token is checked but not used: ordinary text must never turn into one.
  init(_ lines: [String], vocabulary: ByteStringTable, kinds: [TokenKind]) throws(TokenizationError) {
    merges = Dictionary(minimumCapacity: lines.count)
    var line: [UInt8] = []
    for (index, text) in lines.enumerated() {
      line.removeAll(keepingCapacity: true)
      line.append(contentsOf: text.utf8)
      let space = UInt8(ascii: " ")
      guard let gap = line.firstIndex(of: space), gap > 0, gap + 1 < line.count, line.lastIndex(of: space) == gap
      else { throw .malformedMerge(index: index, merge: text) }
      func find(_ token: ArraySlice<UInt8>) throws(TokenizationError) -> Int {
        guard let id = vocabulary.index(of: token) else {
          let token = String(decoding: token, as: UTF8.self)
          throw .mergeOfUnknownToken(index: index, merge: text, token: token)
        }
        return id
      }
      let left = try find(line[..<gap])
      let right = try find(line[(gap + 1)...])
      line.remove(at: gap)
      let result = try find(line[...])
      if kinds[result].isSpecial { continue }
      merges[Self.key(Int32(left), Int32(right))] = Merge(rank: UInt32(index), result: Int32(result))
    }
  }

  /// The merges that scores stand for: any two tokens whose spellings together are a token, those with the highest
  /// score first (SentencePiece, `bpe_model.cc`).
  init(scores: [Float], vocabulary: ByteStringTable, kinds: [TokenKind]) {
    merges = Dictionary(minimumCapacity: 4 * vocabulary.count)
    let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
    var rank: UInt32 = 0
    for (place, id) in order.enumerated() {
      // Equal scores have equal ranks: then the leftmost pair goes first.
      if place > 0, scores[order[place - 1]] != scores[id] { rank += 1 }
      guard kinds[id] == .normal || kinds[id] == .unused else { continue }
      let spelling = vocabulary[id]
      for split in spelling.indices.dropFirst() where spelling[split] & 0xC0 != 0x80 {
        guard let left = vocabulary.index(of: spelling[..<split]), let right = vocabulary.index(of: spelling[split...]),
          !kinds[left].isLiteral, !kinds[right].isLiteral, kinds[left] != .byte, kinds[right] != .byte
        else { continue }
        merges[Self.key(Int32(left), Int32(right))] = Merge(rank: rank, result: Int32(id))
      }
    }
  }

  /// What two tokens become, if anything.
  func merge(_ left: Int32, _ right: Int32) -> Merge? { merges[Self.key(left, right)] }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }
}
