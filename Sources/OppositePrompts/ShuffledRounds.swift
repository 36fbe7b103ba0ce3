import Randomness

/// Draws from some things in a new random order every time they are used up. A draw is a function of the seed and its
/// number, so an interrupted run goes on as if it had not been.
struct ShuffledRounds {
  private let count: Int
  private let seed: UInt64

  init(of count: Int, seed: UInt64) {
    self.count = count
    self.seed = seed
  }

  /// What is drawn, and in which round, for each of some draws; nothing where there is nothing to draw.
  func draws(_ numbers: Range<Int>) -> [(index: Int, round: Int)] {
    guard count > 0 else { return [] }
    var orders: [Int: [Int]] = [:]
    return numbers.map { number in
      let round = number / count
      let order = orders[round] ?? order(of: round)
      orders[round] = order
      return (order[number % count], round)
    }
  }

  private func order(of round: Int) -> [Int] {
    var random = CounterRandom(seed: seed, purpose: .shuffling, step: round)
    return random.permutation(of: count)
  }
}
