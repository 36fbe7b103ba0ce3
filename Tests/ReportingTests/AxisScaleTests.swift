import Testing

@testable import Reporting

struct AxisScaleTests {
  @Test(arguments: [
    ([0.0, 1.0], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ([0.0, 0.013], ["0.000", "0.005", "0.010", "0.015"]),
    ([0.0, 7.3], ["0", "2", "4", "6", "8"]),
    ([0.0, 1999.0], ["0", "500", "1000", "1500", "2000"]),
    ([-3.0, 4.0], ["-4", "-2", "0", "2", "4"]),
  ])
  func placesRoundTicks(values: [Double], labels: [String]) {
    let scale = AxisScale(linearOver: values)
    #expect(scale.ticks.map(\.label) == labels)
    #expect(scale.lower <= values[0] && scale.upper >= values[1])
    #expect(scale.position(of: scale.lower) == 0 && scale.position(of: scale.upper) == 1)
  }

  @Test func keepsTheEndsItIsGiven() {
    let scale = AxisScale.fitting([10, 25, 50, 100])
    #expect(scale.lower == 10 && scale.upper == 100 && !scale.isLogarithmic)
    #expect(scale.ticks.map(\.label) == ["20", "40", "60", "80", "100"])
  }

  @Test func isLogarithmicOverWideReaches() {
    let scale = AxisScale.fitting([1e-4, 1e-3, 1e-2])
    #expect(scale.isLogarithmic)
    #expect(scale.ticks.map(\.label) == ["0.0001", "0.001", "0.01"])
    #expect(abs(scale.position(of: 1e-3) - 0.5) < 1e-12)
  }

  @Test(arguments: [[], [3.0], [0.0, 0.0], [.nan, .infinity], [1e308, -1e308], [2.3e-308, 0]])
  func survivesOddValues(_ values: [Double]) {
    for scale in [AxisScale(linearOver: values), AxisScale(logarithmicOver: values), AxisScale.fitting(values)] {
      #expect(scale.ticks.count <= 51)
      for value in values + [0, 1] { #expect((0...1).contains(scale.position(of: value))) }
    }
  }
}
