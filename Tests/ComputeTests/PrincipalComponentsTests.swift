import Compute
import Randomness
import TestSupport
import Testing

struct PrincipalComponentsTests {
  private func samples(_ count: Int, _ features: Int) -> [[Float]] {
    var random = CounterRandom(test: count + features)
    let matrix = random.matrix(count, features)
    // Columns of different spread, so that the eigenvalues differ.
    return (0..<count).map { row in matrix[row: row].enumerated().map { $1 * Float(1 + 3 * $0) + 2 } }
  }

  /// Fewer samples than features, and more: the covariance times a component is its eigenvalue times the component.
  @Test(arguments: [(7, 12), (30, 6)]) func areEigenvectorsOfTheCovariance(count: Int, features: Int) throws {
    let samples = samples(count, features)
    let found = try #require(PrincipalComponents(of: samples, count: 4))
    for column in 0..<features {
      let mean = samples.reduce(0) { $0 + Double($1[column]) } / Double(count)
      assertClose(found.mean[column], mean, within: .absolute(1e-12))
    }
    let centered = samples.map { zip($0, found.mean).map { Double($0.0) - $0.1 } }
    func product(_ left: [Double], _ right: [Double]) -> Double { zip(left, right).reduce(0) { $0 + $1.0 * $1.1 } }
    let variance = centered.reduce(0) { $0 + product($1, $1) }
    for (place, component) in found.components.enumerated() {
      for (other, second) in found.components.enumerated() {
        assertClose(product(component, second), place == other ? 1 : 0, within: .absolute(1e-10))
      }
      #expect((component.max { abs($0) < abs($1) } ?? 0) > 0)
      let share = centered.reduce(0) { $0 + product($1, component) * product($1, component) } / variance
      assertClose(found.shares[place], share, within: .absolute(1e-10))
      let image = (0..<features).map { column in
        centered.reduce(0) { $0 + $1[column] * product($1, component) } / variance
      }
      assertClose(image, component.map { $0 * share }, within: .absolute(1e-9))
    }
    #expect(found.shares == found.shares.sorted(by: >))
  }

  @Test func samplesThatSpanLessHaveNone() {
    #expect(PrincipalComponents(of: [[1, 2], [1, 2], [1, 2]], count: 1) == nil)
    #expect(PrincipalComponents(of: [[1, 2, 3], [2, 4, 7]], count: 2) == nil)
    #expect(PrincipalComponents(of: [], count: 1) == nil)
  }
}
