import Randomness
import Testing

@testable import Statistics

struct PairedComparisonTests {
  @Test func mcNemarCountsTheDisagreements() {
    let test = McNemarTest([true, true, false, true, false], [true, false, true, false, false])
    #expect(test == McNemarTest(onlyFirst: 2, onlySecond: 1))
    #expect(McNemarTest([true], []) == nil)
  }

  @Test func theBootstrapOfAConstantIsThatConstant() throws {
    let found = try #require(PairedBootstrap(differences: Array(repeating: 0.25, count: 9), resamples: 200))
    #expect(found.mean == 0.25 && found.lower == 0.25 && found.upper == 0.25)
    #expect(found.pValue == 0.01, "two in two hundred is the least that so few resamples can show")
    #expect(PairedBootstrap(differences: []) == nil)
    #expect(PairedBootstrap(differences: [1, .nan]) == nil)
    #expect(PairedBootstrap(differences: [0, 0])?.pValue == 1)
  }

  /// The interval holds the true mean about as often as it says, and the p-value is small about as seldom.
  @Test func theBootstrapCoversTheTruth() throws {
    var generator = SplitMix64(seed: 3)
    var covered = 0, alarms = 0
    let repeats = 400
    for number in 0..<repeats {
      let values = (0..<60).map { _ in Double.random(in: -1...1, using: &generator) + 0.0 }
      let found = try #require(PairedBootstrap(differences: values, resamples: 400, seed: UInt64(number)))
      if found.lower <= 0, found.upper >= 0 { covered += 1 }
      if found.pValue < 0.05 { alarms += 1 }
    }
    #expect((0.90...0.98).contains(Double(covered) / Double(repeats)))
    #expect((0.02...0.10).contains(Double(alarms) / Double(repeats)))
  }

  /// At the difference that is named, McNemar's test finds it in about eight of ten samples.
  @Test func theSmallestDifferenceHasItsPower() throws {
    let count = 200, disagreement = 0.3
    let difference = try #require(SmallestDifference.paired(count: count, disagreement: disagreement))
    var generator = SplitMix64(seed: 11)
    var found = 0
    let repeats = 1000
    for _ in 0..<repeats {
      var first = 0, second = 0
      for _ in 0..<count {
        let place = Double.random(in: 0..<1, using: &generator)
        if place < (disagreement + difference) / 2 { first += 1 } else if place < disagreement { second += 1 }
      }
      // Mid-p brings the exact test, which is cautious, to the level that the formula assumes.
      let test = McNemarTest(onlyFirst: first, onlySecond: second)
      let oneMore = McNemarTest(onlyFirst: max(first, second) + 1, onlySecond: min(first, second) - 1)
      if (test.pValue + (min(first, second) > 0 ? oneMore.pValue : 0)) / 2 < 0.05 { found += 1 }
    }
    #expect((0.74...0.88).contains(Double(found) / Double(repeats)), "\(found) of \(repeats)")
    #expect(SmallestDifference.paired(count: 3, disagreement: 0.2) == nil)
    #expect(SmallestDifference.paired(count: 100, disagreement: 0) == nil)
  }

  @Test func judgesWhoSayOneThingShowNoKappa() throws {
    let same = try #require(CohensKappa(["a", "a"], ["a", "a"]))
    #expect(same.kappa == nil && same.agreement == 1)
    #expect(CohensKappa(["a", "b"], ["a", "b"])?.kappa == 1)
    #expect(CohensKappa(["a"], []) == nil)
  }

  @Test func holmKeepsOrderAndBounds() {
    #expect(HolmCorrection.adjusted([]) == [])
    #expect(HolmCorrection.adjusted([0.9, 0.8]) == [1, 1])
  }
}

struct ClusteredKappaTests {
  @Test func copiesOfAnAnswerDoNotMakeItSurer() throws {
    let first = ["a", "a", "b", "b", "a", "b", "a", "a"], second = ["a", "b", "b", "b", "a", "a", "a", "a"]
    let prompts = (0..<8).map(String.init)
    let once = try #require(ClusteredKappa(first, second, prompts: prompts))
    let often = try #require(
      ClusteredKappa(
        Array(repeating: first, count: 9).flatMap(\.self), Array(repeating: second, count: 9).flatMap(\.self),
        prompts: Array(repeating: prompts, count: 9).flatMap(\.self)))
    #expect(often.kappa.kappa == once.kappa.kappa && often.prompts == 8 && often.kappa.count == 72)
    #expect(often.interval == once.interval)
    #expect(try #require(once.interval).contains(try #require(once.kappa.kappa)))
  }

  @Test func oneLabelForAllShowsNothing() throws {
    let kappa = try #require(ClusteredKappa(["a", "a"], ["a", "a"], prompts: ["1", "2"]))
    #expect(kappa.kappa.kappa == nil && kappa.interval == nil)
    #expect(ClusteredKappa([], [], prompts: []) == nil)
    #expect(ClusteredKappa(["a"], ["a"], prompts: []) == nil)
  }
}
