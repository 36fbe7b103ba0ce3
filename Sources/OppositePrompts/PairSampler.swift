import Compute
import Randomness

/// Which pairs each step trains on: the same instructions from every set, twins together, so that what differs within a
/// step is the intent and not the topic. Instructions come in a new random order every time they are used up, and each of
/// an instruction's answers in turn.
///
/// A step's pairs are a function of the seed and the step's number, so an interrupted run goes on as if it had not been.
package struct PairSampler: Sendable {
  // The pairs of each set, by the number of the twins.
  private let sets: [[Int: [TrainingPair]]]
  private let twins: [Int]
  private let share: Int
  private let seed: UInt64

  /// A sampler over pairs of any categories; sets without pairs have no share.
  /// - Parameter pairsPerStep: Pairs of the paper's three sets in a step, at least one of each.
  package init(_ pairs: [TrainingPair], pairsPerStep: Int, seed: UInt64) {
    sets = PairCategory.allCases.map { category in
      Dictionary(grouping: pairs.filter { $0.category == category }, by: \.twins)
    }
    twins = Set(pairs.map(\.twins)).sorted()
    share = max(1, pairsPerStep / 3)
    self.seed = seed
  }

  /// The pairs of one step, the sets in order. An instruction that has no pair in a set adds none to it.
  package func pairs(step: Int) -> [TrainingPair] {
    guard !twins.isEmpty else { return [] }
    var orders: [Int: [Int]] = [:]
    let drawn = (step * share..<(step + 1) * share).map { draw -> (twins: Int, round: Int) in
      let round = draw / twins.count
      if orders[round] == nil {
        var random = CounterRandom(seed: seed, purpose: .shuffling, step: round)
        orders[round] = random.permutation(of: twins.count)
      }
      return (twins[orders[round]?[draw % twins.count] ?? 0], round)
    }
    return sets.flatMap { set in
      drawn.compactMap { draw in
        set[draw.twins].map { $0[draw.round % $0.count] }
      }
    }
  }
}
