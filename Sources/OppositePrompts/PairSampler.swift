import Compute
package import EngineContract
import Randomness
import Stages

/// Which pairs each step trains on: the same instructions from every set, twins together, so that what differs within a
/// step is the intent and not the topic. Instructions come in a new random order every time they are used up, and each
/// of an instruction's answers in turn.
///
/// A step's pairs are a function of the seed and the step's number, so an interrupted run goes on as if it had not
/// been.
package struct PairSampler: Sendable {
  // The pairs of each set, by the number of the twins.
  private let sets: [[Int: [TrainingPair]]]
  private let twins: [Int]
  private let share: Int
  private let seed: UInt64

  /// A sampler over pairs of any categories; sets without pairs have no share.
  /// - Parameter pairsPerStep: Pairs of the paper's three sets in a step, at least one of each.
  package init(_ pairs: [TrainingPair], pairsPerStep: Int, seed: UInt64) {
    sets = AnchorPair.Category.allCases.map { category in
      Dictionary(grouping: pairs.filter { $0.category == category }, by: \.twins)
    }
    twins = Set(pairs.map(\.twins)).sorted()
    share = max(1, pairsPerStep / 3)
    self.seed = seed
  }

  /// The pairs of one step, the sets in order. An instruction that has no pair in a set adds none to it.
  package func pairs(step: Int) -> [TrainingPair] {
    let drawn = ShuffledRounds(of: twins.count, seed: seed).draws(step * share..<(step + 1) * share)
    return sets.flatMap { set in
      drawn.compactMap { draw in
        set[twins[draw.index]].map { $0[draw.round % $0.count] }
      }
    }
  }
}
