extension RandomNumberGenerator {
  /// A whole number in `0 ..< bound`, without bias; `bound` is at least 1.
  ///
  /// Source: Lemire, "Fast Random Integer Generation in an Interval" (arXiv 1805.10941), Algorithm 5. What is drawn is
  /// hashed, so the rule is this project's own: the standard library may change how it draws.
  package mutating func integer(below bound: Int) -> Int {
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(truncatingIfNeeded: product.high)
  }
}
