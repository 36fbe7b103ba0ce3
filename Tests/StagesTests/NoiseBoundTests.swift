import Stages
import Testing

struct NoiseBoundTests {
  private func bound(own: [[Double]], refusals: [[Double]], minimum: Int = 2) -> NoiseBound {
    NoiseBound(own: own, refusals: refusals, minimumTokens: minimum, ownShare: 0.025, refusalShare: 0.05)
  }

  @Test func noMoreThanTheSharesLieBelow() throws {
    let own = (1...200).map { [-Double($0) / 100, -Double($0) / 100] }
    let refusals = (1...100).map { [-Double($0) / 10, -Double($0) / 10] }
    // Five of our 200 lie below -1.95, and five of 100 refusals below -9.5.
    #expect(try abs(#require(bound(own: own, refusals: []).logLikelihood) + 1.95) < 1e-12)
    let both = bound(own: own, refusals: refusals), limit = try #require(both.logLikelihood)
    #expect(abs(limit + 9.5) < 1e-12 && both.own == 200 && both.refusals == 100)
    #expect(refusals.count { $0[0] < limit } == 5)
  }

  /// A text's opening may be less likely than the whole: what would be cut there is not to be noise.
  @Test func textsCountWhereverTheyAreCut() {
    let found = bound(own: [[-4, -4, -1, -1]], refusals: [])
    #expect(found.logLikelihood == -4)
    #expect(bound(own: [[-4, -4, -1, -1]], refusals: [], minimum: 4).logLikelihood == -2.5)
  }

  @Test func shortTextsAreNoNoiseAndSetNoBound() {
    let found = bound(own: [[-9], [-1, -1]], refusals: [[-30]])
    #expect(found.logLikelihood == -1 && found.own == 1 && found.refusals == 0)
    #expect(found.isNoise(AnswerFluency(id: "a", tokens: 2, logLikelihood: -1.5)))
    #expect(!found.isNoise(AnswerFluency(id: "a", tokens: 2, logLikelihood: -1)))
    #expect(!found.isNoise(AnswerFluency(id: "a", tokens: 1, logLikelihood: -20)))
    #expect(!found.isNoise(AnswerFluency(id: "a", tokens: 0, logLikelihood: nil)))
    let none = bound(own: [], refusals: [])
    #expect(none.logLikelihood == nil && !none.isNoise(AnswerFluency(id: "a", tokens: 9, logLikelihood: -20)))
  }
}
