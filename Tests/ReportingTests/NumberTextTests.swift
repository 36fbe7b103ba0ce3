import Testing

@testable import Reporting

struct NumberTextTests {
  @Test func numbersOfAnySizeAreShort() {
    #expect(NumberText.measured(63.71, decimals: 1) == "63.7")
    #expect(NumberText.measured(4.8123e53, decimals: 1) == "4.8e+53")
  }

  @Test func fixesDecimals() {
    #expect(NumberText.fixed(0.125, decimals: 2) == "0.12")
    #expect(NumberText.fixed(-0.001, decimals: 2) == "0.00")
    #expect(NumberText.fixed(-0.01, decimals: 2) == "-0.01")
    #expect(NumberText.fixed(1e6, decimals: 0) == "1000000")
    #expect(NumberText.fixed(.nan, decimals: 2) == "–")
    #expect(NumberText.interval(0.88, low: 0.7761, high: 0.9423) == "0.88 [0.78, 0.94]")
  }

  @Test func keepsSignificantDigits() {
    #expect(NumberText.short(0.001) == "0.001")
    #expect(NumberText.short(100) == "100")
    #expect(NumberText.short(1.23456) == "1.235")
    #expect(NumberText.short(.infinity) == "–")
  }

  @Test(arguments: [
    (0.04, "0.0 s"), (59.9, "59.9 s"), (200, "3 min 20 s"), (3599.7, "1 h 0 min"), (7300, "2 h 1 min"),
    (Double.nan, "– s"), (1e300, nil),
  ])
  func writesDurations(seconds: Double, text: String?) {
    let duration = NumberText.duration(seconds: seconds)
    #expect(text == nil ? duration.hasSuffix(" s") : duration == text)
  }
}
