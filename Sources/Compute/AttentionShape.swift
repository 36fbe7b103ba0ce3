/// The heads of an attention layer. A row of its input holds the queries of all heads, then the keys, then the values.
package struct AttentionShape: Sendable, Hashable {
  /// Number of query heads.
  package let queryHeads: Int
  /// Number of key-value heads; each serves `queryHeads / keyValueHeads` query heads.
  package let keyValueHeads: Int
  /// Width of one head.
  package let headSize: Int

  /// A shape; nil where the heads do not divide.
  package init?(queryHeads: Int, keyValueHeads: Int, headSize: Int) {
    guard queryHeads > 0, keyValueHeads > 0, queryHeads % keyValueHeads == 0, headSize > 0 else { return nil }
    self.init(queryHeads: queryHeads, keyValueHeads: keyValueHeads, size: headSize)
  }

  /// A shape of heads that are known to divide.
  init(queryHeads: Int, keyValueHeads: Int, size: Int) {
    self.queryHeads = queryHeads
    self.keyValueHeads = keyValueHeads
    headSize = size
  }

  /// Width of all queries of a row.
  package var queryWidth: Int { queryHeads * headSize }
  /// Width of all keys, or all values, of a row.
  package var keyValueWidth: Int { keyValueHeads * headSize }
  /// Width of a row: queries, keys and values.
  package var rowWidth: Int { queryWidth + 2 * keyValueWidth }

  /// Width of all keys, or all values, of a position as a cache stores them.
  package var storedKeyValueWidth: Int { padded.keyValueWidth }

  var group: Int { queryHeads / keyValueHeads }
  func queryOffset(ofHead head: Int) -> Int { head * group * headSize }
  func keyOffset(ofHead head: Int) -> Int { queryWidth + head * headSize }
  func valueOffset(ofHead head: Int) -> Int { queryWidth + keyValueWidth + head * headSize }
}
