import Randomness

/// Cohen's κ over answers that come in groups: several methods' answers to the same prompts. What the groups share
/// makes them tell less than as many answers to different prompts would, so the interval is found by drawing whole
/// prompts.
///
/// Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), the percentile interval, over clusters.
package struct ClusteredKappa: Sendable, Hashable {
  /// κ of all answers.
  package let kappa: CohensKappa
  /// The number of prompts.
  package let prompts: Int
  /// The 95 % interval; nil where κ is, in all answers or in nearly all that are drawn.
  package let interval: ClosedRange<Double>?

  /// Two judges' labels of answers, and the prompt that each answers. The same values give the same interval. Nil where
  /// the numbers differ or are 0.
  package init?(_ first: [String], _ second: [String], prompts: [String], resamples: Int = 1_000) {
    guard let kappa = CohensKappa(first, second), prompts.count == first.count, resamples > 0 else { return nil }
    self.kappa = kappa
    let names = Set(prompts).sorted()
    self.prompts = names.count
    let place = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    var groups = [[Int]](repeating: [], count: names.count)
    for (index, prompt) in prompts.enumerated() { groups[place[prompt] ?? 0].append(index) }
    guard kappa.kappa != nil else {
      interval = nil
      return
    }
    var generator = SplitMix64(seed: 1), values: [Double] = []
    for _ in 0..<resamples {
      let drawn = (0..<groups.count).flatMap { _ in groups[generator.integer(below: groups.count)] }
      if let value = CohensKappa(drawn.map { first[$0] }, drawn.map { second[$0] })?.kappa { values.append(value) }
    }
    guard values.count >= resamples * 9 / 10 else {
      interval = nil
      return
    }
    values.sort()
    let low = values[Int(0.025 * Double(values.count - 1))], high = values[Int(0.975 * Double(values.count - 1))]
    interval = low...high
  }
}
