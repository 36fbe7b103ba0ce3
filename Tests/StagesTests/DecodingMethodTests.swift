import Stages
import Testing

struct DecodingMethodTests {
  @Test func namesAreDistinct() {
    let names = DecodingMethod.allCases.map(\.name)
    #expect(Set(names).count == names.count)
  }

  /// A method whose every stream works against refusing says so of itself.
  @Test func whatWeakensSafetySaysSo() {
    let against: Set<StreamPrompt> = [.manual(.opposite), .manual(.reverse), .tuned(.adversarial)]
    for method in DecodingMethod.allCases where method.streams.allSatisfy({ against.contains($0.prompt) }) {
      #expect(method.weakensSafety, "\(method.name)")
    }
    #expect(!DecodingMethod.acd.weakensSafety && !DecodingMethod.base.weakensSafety)
  }
}
