import EngineContract
import OppositePrompts
import Stages
import Testing

struct PairSamplerTests {
  /// Pairs whose response tells them apart: `answers` of every set for each of the instructions.
  private func pairs(
    _ categories: [AnchorPair.Category] = [.refused, .answered, .harmless], instructions: Range<Int> = 0..<7,
    answers: Int = 1
  ) -> [TrainingPair] {
    categories.flatMap { category in
      instructions.flatMap { instruction in
        (0..<answers).map { TrainingPair(turn: [1], response: [$0], category: category, twins: instruction) }
      }
    }
  }

  @Test func everyStepTakesTheSameInstructionsFromEverySet() {
    for (asked, share) in [(9, 3), (3, 1), (1, 1), (10, 3), (30, 10)] {
      let sampler = PairSampler(pairs(), pairsPerStep: asked, seed: 1)
      for step in 0..<20 {
        let drawn = sampler.pairs(step: step)
        let expected = [AnchorPair.Category.refused, .answered, .harmless].flatMap {
          [AnchorPair.Category](repeating: $0, count: share)
        }
        #expect(drawn.map(\.category) == expected, "\(asked) pairs, step \(step)")
        let twins = drawn.map(\.twins)
        #expect(Array(twins[..<share]) == Array(twins[share..<2 * share]), "\(asked) pairs, step \(step)")
        #expect(Array(twins[..<share]) == Array(twins[(2 * share)...]), "\(asked) pairs, step \(step)")
      }
    }
    let four = PairSampler(pairs(AnchorPair.Category.allCases), pairsPerStep: 6, seed: 1)
    #expect(four.pairs(step: 0).map(\.category) == AnchorPair.Category.allCases.flatMap { [$0, $0] })
    #expect(
      PairSampler(pairs([.answered]), pairsPerStep: 9, seed: 1).pairs(step: 0).map(\.category) == [
        .answered, .answered, .answered,
      ])
    #expect(PairSampler([], pairsPerStep: 9, seed: 1).pairs(step: 3).isEmpty)
  }

  @Test func everyInstructionIsDrawnOnceARoundAndItsAnswersInTurn() {
    let sampler = PairSampler(pairs(answers: 3), pairsPerStep: 6, seed: 5)
    let drawn = (0..<105).flatMap { sampler.pairs(step: $0) }
    for category in [AnchorPair.Category.refused, .answered, .harmless] {
      let draws = drawn.filter { $0.category == category }
      #expect(draws.count == 210)
      var orders: Set<[Int]> = []
      for round in 0..<30 {
        let order = Array(draws[round * 7..<round * 7 + 7])
        #expect(order.map(\.twins).sorted() == Array(0..<7), "\(category), round \(round)")
        #expect(order.allSatisfy { $0.response == [round % 3] }, "\(category), round \(round)")
        orders.insert(order.map(\.twins))
      }
      #expect(orders.count > 25, "\(category): the order changes from round to round")
    }
  }

  /// Each set has its own number of answers, and its turns are its own.
  @Test func setsMayHaveDifferentNumbersOfAnswers() {
    let sampler = PairSampler(
      pairs([.refused], answers: 2) + pairs([.answered], answers: 3) + pairs([.harmless]), pairsPerStep: 21, seed: 5)
    for round in 0..<12 {
      for pair in sampler.pairs(step: round) {
        let answers = pair.category == .refused ? 2 : pair.category == .answered ? 3 : 1
        #expect(pair.response == [round % answers], "\(pair.category), round \(round)")
      }
    }
  }

  @Test func anInstructionThatASetLacksAddsNothingToIt() {
    let sampler = PairSampler(
      pairs([.refused]) + pairs([.answered], instructions: 0..<6) + pairs([.harmless], instructions: 2..<9),
      pairsPerStep: 9, seed: 5)
    for round in 0..<10 {
      // Nine instructions, three a step.
      let steps = (0..<3).map { sampler.pairs(step: 3 * round + $0) }
      for (category, instructions) in [(AnchorPair.Category.refused, 0..<7), (.answered, 0..<6), (.harmless, 2..<9)] {
        let drawn = steps.flatMap { $0.filter { $0.category == category }.map(\.twins) }
        #expect(drawn.sorted() == Array(instructions), "\(category), round \(round)")
      }
      for step in steps {
        // What one set has of the step's instructions, the others have in the same order but for what they lack.
        func drawn(_ category: AnchorPair.Category) -> [Int] { step.filter { $0.category == category }.map(\.twins) }
        #expect(drawn(.answered) == drawn(.refused).filter { $0 < 6 })
        #expect(drawn(.harmless).filter { $0 < 7 } == drawn(.refused).filter { $0 >= 2 })
      }
    }
  }

  @Test func aStepDependsOnTheSeedAndItsNumberAlone() {
    let sampler = PairSampler(pairs(answers: 2), pairsPerStep: 9, seed: 5)
    let inOrder = (0..<30).map { sampler.pairs(step: $0) }
    #expect((0..<30).reversed().map { sampler.pairs(step: $0) } == inOrder.reversed())
    #expect(PairSampler(pairs(answers: 2), pairsPerStep: 9, seed: 5).pairs(step: 29) == inOrder[29])
    let other = PairSampler(pairs(answers: 2), pairsPerStep: 9, seed: 6)
    #expect((0..<30).map { other.pairs(step: $0) } != inOrder)
  }
}
