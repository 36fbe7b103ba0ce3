import Compute
import Foundation
import TestSupport
import Testing

struct RowOperationsTests {
  private let context = ComputeContext(threads: 2)
  /// Widths on both sides of a vector of 16, and rows on both sides of what is shared among threads.
  static let shapes = [(1, 1), (3, 15), (7, 16), (9, 33), (20, 64), (5, 577)]

  @Test(arguments: shapes) func normIsThatOfThePlainDefinition(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let x = random.matrix(rows, width, scale: 3), weight = random.floats(width)
    var y = Matrix(rows: rows, columns: width)
    context.normalize(x, weight: weight, epsilon: 1e-3, into: &y)
    for row in 0..<rows {
      assertClose(
        y[row: row], Oracle.norm(x[row: row].map(Double.init), weight: weight, epsilon: 1e-3), within: .ofLargest(1e-6))
    }
  }

  @Test(arguments: shapes) func normGradientIsTheFiniteDifferenceAndAdds(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let x = random.matrix(rows, width), weight = random.floats(width), slopes = random.matrix(rows, width)
    let before = random.matrix(rows, width)
    var gradient = before
    context.addNormalizationGradient(of: slopes, at: x, weight: weight, epsilon: 1e-3, to: &gradient)
    for row in 0..<rows {
      let expected = (0..<width).map { column in
        Double(before[row, column])
          + Oracle.derivative(at: x[row: row].map(Double.init), to: column, slopes: Array(slopes[row: row])) {
            Oracle.norm($0, weight: weight, epsilon: 1e-3)
          }
      }
      assertClose(gradient[row: row], expected, within: .ofLargest(3e-6), "row \(row)")
    }
  }

  @Test(arguments: shapes) func gatedSiLUIsThatOfThePlainDefinition(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let gateUp = random.matrix(rows, 2 * width, scale: 4)
    var y = Matrix(rows: rows, columns: width)
    context.gatedSiLU(gateUp, into: &y)
    for row in 0..<rows {
      assertClose(y[row: row], Oracle.gatedSiLU(gateUp[row: row].map(Double.init)), within: .relative(1e-6))
    }
  }

  @Test func gatedSiLUKeepsItsLimits() throws {
    let gateUp = try #require(Matrix(rows: 1, columns: 8, values: [-200, 200, 0, -88.5] + [3, 3, 3, 3]))
    var y = Matrix(rows: 1, columns: 4)
    context.gatedSiLU(gateUp, into: &y)
    #expect(y[0, 0] == 0 && y[0, 1] == 600 && y[0, 2] == 0)
    assertClose(y[0, 3], 0.0, within: .absolute(1e-34))
  }

  @Test(arguments: shapes) func gatedSiLUGradientIsTheFiniteDifference(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let gateUp = random.matrix(rows, 2 * width, scale: 2), slopes = random.matrix(rows, width)
    var gradient = random.matrix(rows, 2 * width)
    context.gatedSiLUGradient(of: slopes, at: gateUp, into: &gradient)
    for row in 0..<rows {
      let x = gateUp[row: row].map(Double.init)
      let expected = x.indices.map {
        Oracle.derivative(at: x, to: $0, slopes: Array(slopes[row: row]), Oracle.gatedSiLU)
      }
      assertClose(gradient[row: row], expected, within: .ofLargest(2e-6), "row \(row)")
    }
  }

  @Test func sumsAndCopies() {
    for (rows, width) in Self.shapes {
      var random = CounterRandom(test: width)
      let x = random.matrix(rows, width), before = random.matrix(rows, width)
      var y = before
      context.add(x, to: &y)
      assertSameBits(y.values, zip(before.values, x.values).map { $0 + $1 })
      context.copy(x, to: &y)
      assertSameBits(y.values, x.values)
      context.addScaled(-0.3, row: 0, of: before, toRow: rows - 1, of: &y)
      assertSameBits(y.rows(in: 0..<rows - 1).values + [0], x.rows(in: 0..<rows - 1).values + [0])
      assertSameBits(y[row: rows - 1], zip(before[row: 0], x[row: rows - 1]).map { $1.addingProduct(-0.3, $0) })
    }
  }

  /// Each step of a rotary table turns a pair by `base^(−2i / headSize)`, and the gradient is the turn back.
  @Test func rotationTurnsPairsByTheirAngle() {
    let table = RotaryTable(headSize: 16, base: 10_000, positions: 300)
    var random = CounterRandom(test: 1)
    let rows = 10, before = random.matrix(rows, 40)
    let positions = [0, 1, 2, 299, 7, 7, 100, 0, 31, 64]
    var turned = before
    context.rotate(&turned, heads: 2, headSize: 16, positions: positions, table: table)
    for row in 0..<rows {
      for column in stride(from: 0, to: 40, by: 2) {
        let a = Double(before[row, column]), b = Double(before[row, column + 1])
        let angle = column < 32 ? Double(positions[row]) / pow(10_000, Double(column % 16) / 16) : 0
        assertClose(
          [turned[row, column], turned[row, column + 1]],
          [a * cos(angle) - b * sin(angle), a * sin(angle) + b * cos(angle)], within: .absolute(1e-4),
          "row \(row) column \(column)")
      }
    }
    // ⟨R x, s⟩ = ⟨x, Rᵀ s⟩ for any x and s: turning back is the gradient.
    let slopes = random.matrix(rows, 40)
    var gradient = slopes
    context.rotate(&gradient, heads: 2, headSize: 16, positions: positions, table: table, backward: true)
    func dot(_ a: Matrix, _ b: Matrix) -> Double {
      zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    assertClose(dot(turned, slopes), dot(before, gradient), within: .absolute(1e-5))
  }
}
