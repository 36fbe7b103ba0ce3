/// Byte-pair encoding of one word at a time, from the tokens of its bytes or characters.
///
/// Source: Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units" (2016); on bytes, Radford et
/// al. (2019). Where they differ in detail, this does what Hugging Face `tokenizers` does.
struct BytePairEncoder: Sendable {
  let merges: MergeTable

  /// Encodes one word and appends its tokens.
  ///
  /// Merges are applied one at a time, that of the lowest rank first and the leftmost of equal ones, in time that is
  /// n log n in the word's length: a "word" may be a page of Chinese.
  /// - Parameter word: The tokens of its smallest parts.
  func encode(_ word: some Sequence<Int32>, into tokens: inout [Int], workspace: inout Workspace) {
    workspace.load(word)
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
      let merge = merges.merge(symbol.token, workspace.symbols[symbol.next].token)
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
