import TestSupport
import Testing

/// What the other tests rely on: a comparison that lets nothing through.
struct ComparisonTests {
  private static let numbers: [Double] = [1, -2, 0.5]

  private func isClose(_ found: [Double], to expected: [Double] = Self.numbers, within tolerance: Tolerance) -> Bool {
    Comparison(of: found, with: expected, within: tolerance).isClose
  }

  @Test func closeNumbersAreClose() {
    #expect(isClose([1.0009, -2, 0.5], within: .absolute(1e-3)))
    #expect(isClose([1, -2.0019, 0.5], within: .relative(1e-3)))
    #expect(isClose([1, -2, 0.5019], within: .ofLargest(1e-3)))
    #expect(isClose([.infinity, -.infinity, 0], to: [.infinity, -.infinity, -0.0], within: .relative(0)))
    #expect(Comparison(of: [1.5, -2.25], with: [1.0, -2], within: .absolute(1)).distance == 0.5)
  }

  @Test(
    arguments: [
      (.absolute(1e-3), [1.0011, -2, 0.5]), (.absolute(1e-3), [1, 2, 0.5]), (.relative(1e-3), [1, -2, 0.5006]),
      (.relative(1e-3), [1, -2, -0.5]), (.ofLargest(1e-3), [1.0021, -2, 0.5]), (.absolute(1e9), [1, -2]),
      (.absolute(1e9), [1, .nan, 0.5]), (.relative(1e9), [.nan, -2, 0.5]), (.ofLargest(1e9), [1, -2, .nan]),
      (.absolute(1e9), [.infinity, -2, 0.5]), (.relative(1e9), [1, -.infinity, 0.5]),
      (.ofLargest(.infinity), [1, .nan, 0.5]), (.absolute(.nan), [1, -2, 0.5]),
    ] as [(Tolerance, [Double])])
  func otherNumbersAreNot(tolerance: Tolerance, found: [Double]) {
    #expect(!isClose(found, within: tolerance))
  }

  @Test(arguments: [Tolerance.absolute(1e30), .relative(1e30), .ofLargest(1e30)])
  func whatIsExpectedIsHeldToTheSame(tolerance: Tolerance) {
    for (found, expected) in [
      (Double.nan, Double.nan), (1, .nan), (1, .infinity), (-.infinity, .infinity), (.infinity, -.infinity),
      (.nan, .infinity),
    ] {
      #expect(!isClose([found], to: [expected], within: tolerance), "\(found) for \(expected)")
      #expect(!isClose([3, found], to: [3, expected], within: tolerance), "\(found) for \(expected)")
      #expect(Comparison(of: [found], with: [expected], within: tolerance).distance == .infinity)
    }
    #expect(!isClose([], to: [], within: tolerance))
  }

  /// One infinity among the expected numbers does not make the others' tolerance infinite, and zeros have none.
  @Test func theLargestIsAFiniteOneAboveZero() {
    #expect(!isClose([.infinity, 1.1], to: [.infinity, 1], within: .ofLargest(1e-3)))
    #expect(!isClose([1e-30, 0], to: [0, 0], within: .ofLargest(1e-3)))
    #expect(!isClose([1e-30], to: [0], within: .relative(1e-3)))
  }

  @Test func bitsAreComparedOneByOne() {
    #expect(differenceOfBits([-0.0, .infinity, .nan, 1], [-0.0, .infinity, .nan, 1]) == nil)
    for found in [[1, 2, 0], [1, 2, -0.0, 4], [1, Float(2).nextUp, -0.0], [1, .nan, -0.0], []] as [[Float]] {
      #expect(differenceOfBits(found, [1, 2, -0.0]) != nil, "\(found)")
    }
    #expect(differenceOfBits([], []) != nil)
  }
}
