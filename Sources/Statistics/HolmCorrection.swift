/// Holm's step-down correction: p-values of several tests made comparable with one level, so that the chance of any
/// false alarm stays below it. Source: Holm, Scandinavian Journal of Statistics 6 (1979).
package enum HolmCorrection {
  /// The adjusted p-values in the order given: each the largest of `(n − rank) · p` up to its rank, at most 1.
  package static func adjusted(_ pValues: [Double]) -> [Double] {
    var adjusted = pValues
    var largest = 0.0
    let order = pValues.indices.sorted {
      pValues[$0] == pValues[$1] ? $0 < $1 : pValues[$0] < pValues[$1]
    }
    for (rank, index) in order.enumerated() {
      largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
      adjusted[index] = largest
    }
    return adjusted
  }
}
