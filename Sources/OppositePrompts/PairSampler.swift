import Compute

/// Which pairs each step trains on: equal shares of the sets, each set in a new random order every time it is used up.
///
/// A step's pairs are a function of the seed and the step's number, so an interrupted run goes on as if it had not been.
public struct PairSampler: Sendable {
  private let pairs: [[TrainingPair]]
  private let share: Int
  private let seed: UInt64

  /// A sampler over pairs of any categories; sets without pairs have no share.
  /// - Parameter pairsPerStep: Pairs of the paper's three sets in a step, at least one of each.
  public init(_ pairs: [TrainingPair], pairsPerStep: Int, seed: UInt64) {
    self.pairs = PairCategory.allCases.map { category in pairs.filter { $0.category == category } }
    share = max(1, pairsPerStep / 3)
    self.seed = seed
  }

  /// The pairs of one step, the sets in order.
  public func pairs(step: Int) -> [TrainingPair] {
    pairs.enumerated().flatMap { category, set -> [TrainingPair] in
      guard !set.isEmpty else { return [] }
      var drawn: [TrainingPair] = []
      var orders: [Int: [Int]] = [:]
      for draw in step * share..<(step + 1) * share {
        let round = draw / set.count
        if orders[round] == nil {
          var random = CounterRandom(seed: seed, purpose: .shuffling, sample: category, step: round)
          orders[round] = random.permutation(of: set.count)
        }
        if let order = orders[round] { drawn.append(set[order[draw % set.count]]) }
      }
      return drawn
    }
  }
}
