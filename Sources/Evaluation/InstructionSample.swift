import Randomness

extension [Instruction] {
  /// A fixed choice of instructions without replacement, in their own order.
  ///
  /// Every instruction gets a number that depends on nothing but the seed and its `id`: the SplitMix64 finalizer
  /// (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) chained over the bytes of
  /// the `id` in UTF-8. Those with the `count` smallest numbers are chosen, so that a larger sample contains the
  /// smaller ones, and instructions added to a file or taken from it leave the others' numbers alone.
  ///
  /// - Parameters:
  ///   - count: how many; all, where there are no more than that.
  ///   - seed: which of the choices.
  package func sample(count: Int, seed: Int) -> [Instruction] {
    guard count < self.count else { return self }
    let order =
      indices
      .map { (number: Self.number(of: self[$0].id, seed: seed), index: $0) }
      .sorted { ($0.number, $0.index) < ($1.number, $1.index) }
    return order.prefix(Swift.max(count, 0)).map(\.index).sorted().map { self[$0] }
  }

  private static func number(of id: String, seed: Int) -> UInt64 {
    id.utf8.reduce(SplitMix64.mixed(UInt64(bitPattern: Int64(seed)))) { SplitMix64.mixed($0 ^ UInt64($1)) }
  }
}
