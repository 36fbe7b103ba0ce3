/// Byte-pair encoding of one word at a time, on bytes.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016); on bytes, Radford et
/// al. (2019). Where the two differ in detail, this does what Hugging Face `tokenizers` does: bytes that the vocabulary
/// lacks are left out before merging.
struct BytePairEncoder: Sendable {
  private struct Merge: Sendable {
    var rank: UInt32
    var result: Int32
  }

  /// The id of the token for each single byte, or -1.
  private let byteTokens: [Int32]
  /// The merge of each pair of ids, the left one in the upper half of the key.
  private let merges: [UInt64: Merge]

  /// Resolves the merges against the vocabulary.
  ///
  /// A merge that would make a special token is checked but not used: ordinary text must never turn into one.
  init(vocabulary: ByteStringTable, kinds: [TokenKind], merges lines: [String]) throws(TokenizationError) {
    byteTokens = ByteAlphabet.spellings.map { Int32(vocabulary.index(of: $0[...]) ?? -1) }
    var merges: [UInt64: Merge] = Dictionary(minimumCapacity: lines.count)
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
    self.merges = merges
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Encodes one word and appends its tokens.
  ///
  /// Merges are applied one at a time, that of the lowest rank first and the leftmost of equal ones, in time that is
  /// n log n in the word's length: a "word" may be a page of Chinese.
  func encode(_ word: ArraySlice<UInt8>, into tokens: inout [Int], workspace: inout Workspace) {
    workspace.load(word.lazy.map { byteTokens[Int($0)] }.filter { $0 >= 0 })
    for position in workspace.symbols.indices.dropLast() { propose(at: position, in: &workspace) }
    while let candidate = workspace.queue.popMinimum() {
      let position = Int(candidate & 0xFFFF_FFFF)
      // A candidate is out of date once either of its symbols has been merged with another.
      guard workspace.symbols[position].proposal == candidate else { continue }
      let right = workspace.symbols[position].next
      let after = workspace.symbols[right].next
      workspace.symbols[position].token = workspace.symbols[position].result
      workspace.symbols[position].next = after
      workspace.symbols[right].proposal = nil
      if after < workspace.symbols.count { workspace.symbols[after].previous = position }
      propose(at: position, in: &workspace)
      let previous = workspace.symbols[position].previous
      if previous >= 0 { propose(at: previous, in: &workspace) }
    }
    var position = 0
    while position < workspace.symbols.count {
      tokens.append(Int(workspace.symbols[position].token))
      position = workspace.symbols[position].next
    }
  }

  /// Queues the merge of the symbol at `position` with the one behind it, if there is such a merge.
  private func propose(at position: Int, in workspace: inout Workspace) {
    let symbol = workspace.symbols[position]
    workspace.symbols[position].proposal = nil
    guard symbol.next < workspace.symbols.count,
      let merge = merges[Self.key(symbol.token, workspace.symbols[symbol.next].token)]
    else { return }
    let candidate = UInt64(merge.rank) << 32 | UInt64(position)
    workspace.symbols[position].proposal = candidate
    workspace.symbols[position].result = merge.result
    workspace.queue.insert(candidate)
  }
}

extension BytePairEncoder {
  /// The memory of one encoding, kept from word to word so that a word costs no allocation.
  struct Workspace {
    struct Symbol {
      var token: Int32
      /// What `token` becomes by the merge that is proposed.
      var result: Int32 = -1
      /// The positions of the neighbours; -1 before the first, the number of symbols behind the last.
      var previous: Int
      var next: Int
      /// The queued merge with the next symbol: rank in the upper half, position in the lower.
      var proposal: UInt64?
    }

    fileprivate var symbols: [Symbol] = []
    fileprivate var queue = MinimumQueue()

    fileprivate mutating func load(_ tokens: some Sequence<Int32>) {
      symbols.removeAll(keepingCapacity: true)
      for token in tokens {
        symbols.append(Symbol(token: token, previous: symbols.count - 1, next: symbols.count + 1))
      }
    }
  }
}
