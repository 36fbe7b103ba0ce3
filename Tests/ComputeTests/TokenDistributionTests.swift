import CKernels
import Foundation
import Randomness
import TestSupport
import Testing

@testable import Compute

struct TokenDistributionTests {
  private let context = ComputeContext(threads: 2)

  private func exponentials(_ x: [Float]) -> [Float] {
    var result = x
    context.kernels.functions.scaled_exponential(&result, x.count, 0, 1)
    return result
  }

  @Test func exponentialIsWithinAUnitInTheLastPlace() {
    // -87.3 is where results would leave the normal numbers, 88.7 where they would leave the finite ones.
    let x = (0...200_000).map { Float(-87.3 + Double($0) / 200_000 * 176) }
    let distances = zip(exponentials(x), x).map { found, x in
      (Double(found) - exp(Double(x))).magnitude / Double(Float(exp(Double(x))).ulp)
    }
    #expect(distances.max() ?? .infinity <= 1.0)
  }

  @Test func exponentialKeepsItsLimits() {
    let found = exponentials([-.infinity, -1000, -87.4, -0.0, 0, 88.8, 1000, .infinity, .nan, 1e-30, 88.7, -87.3, 1])
    assertSameBits(found[..<10], [0, 0, 0, 1, 1, .infinity, .infinity, .infinity, found[8], 1])
    #expect(found[8].isNaN)
    #expect(found[10].isFinite && found[11] > 0)
  }

  @Test func normalizersAreThoseOfThePlainDefinition() {
    for width in [1, 15, 16, 33, 96, 1500, 49_152] {
      var random = CounterRandom(test: width)
      let logits = random.matrix(9, width, scale: 6)
      let expected = (0..<9).map { row in
        let largest = Double(logits[row: row].max() ?? 0)
        return largest + log(logits[row: row].reduce(0) { $0 + exp(Double($1) - largest) })
      }
      assertClose(context.logNormalizers(of: logits), expected, within: .absolute(1e-6), "width \(width)")
    }
  }

  @Test func normalizersBearTokensThatAreRuledOut() throws {
    let logits = try #require(Matrix(rows: 1, columns: 4, values: [-.infinity, 2, -.infinity, 2]))
    assertClose(context.logNormalizers(of: logits), [2 + log(2.0)], within: .absolute(1e-6))
  }

  @Test func crossEntropyGradientIsTheFiniteDifference() {
    var random = CounterRandom(test: 1)
    let logits = random.matrix(9, 37, scale: 2)
    let targets = (0..<9).map { $0 * 4 }, coefficients = random.floats(9)
    var gradient = logits
    context.replaceByCrossEntropyGradient(
      &gradient, targets: targets, coefficients: coefficients, normalizers: context.logNormalizers(of: logits))
    for row in 0..<9 {
      let expected = (0..<37).map { column in
        Oracle.derivative(at: logits[row: row].map(Double.init), to: column, slopes: [coefficients[row]]) { logits in
          [log(logits.reduce(0) { $0 + exp($1) }) - logits[targets[row]]]
        }
      }
      assertClose(gradient[row: row], expected, within: .ofLargest(2e-6), "row \(row)")
    }
  }

  @Test func tiesGoToTheLowestToken() {
    for width in [1, 2, 16, 17, 40, 100] {
      for first in 0..<width {
        for second in first..<width {
          var logits = Matrix(rows: 1, columns: width)
          logits[row: 0] = [Float](repeating: -3, count: width)[...]
          logits[0, first] = 2
          logits[0, second] = 2
          #expect(context.largest(of: logits) == [first], "\(width) \(first) \(second)")
        }
      }
    }
    #expect(context.largest(of: Matrix(rows: 20, columns: 50)) == [Int](repeating: 0, count: 20))
  }

  @Test func largestIsThatOfEveryRow() throws {
    var random = CounterRandom(test: 2)
    let logits = random.matrix(30, 1000)
    let expected = (0..<30).map { row in logits[row: row].firstIndex(of: logits[row: row].max() ?? 0) ?? 0 }
    #expect(context.largest(of: logits) == expected.enumerated().map { $1 - $0 * 1000 })
    let ruledOut = try #require(Matrix(rows: 1, columns: 3, values: [.nan, -.infinity, -5]))
    #expect(context.largest(of: ruledOut) == [2])
  }

  @Test func contrastAddsRowsOnce() {
    var random = CounterRandom(test: 3)
    let before = random.matrix(20, 33)
    var logits = before
    context.addScaledRows((0..<10).map { ($0 + 10, $0, -0.4) }, in: &logits)
    for row in 0..<10 {
      assertSameBits(logits[row: row], zip(before[row: row], before[row: row + 10]).map { $0.addingProduct(-0.4, $1) })
      assertSameBits(logits[row: row + 10], before[row: row + 10])
    }
  }
}
