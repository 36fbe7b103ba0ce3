import Compute
import Foundation
import Randomness
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
    context.normalize(x, Norm(weight: weight, epsilon: 1e-3), into: &y)
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
    context.addNormalizationGradient(of: slopes, at: x, Norm(weight: weight, epsilon: 1e-3), to: &gradient)
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

  @Test(arguments: shapes) func layerNormAndItsGradientAreThoseOfThePlainDefinition(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let x = random.matrix(rows, width, scale: 3), weight = random.floats(width), bias = random.floats(width)
    let slopes = random.matrix(rows, width), before = random.matrix(rows, width)
    let norm = Norm(.layer(bias: bias), weight: weight, epsilon: 1e-1)
    var y = Matrix(rows: rows, columns: width), gradient = before
    context.normalize(x, norm, into: &y)
    context.addNormalizationGradient(of: slopes, at: x, norm, to: &gradient)
    for row in 0..<rows {
      let values = x[row: row].map(Double.init)
      func plain(_ x: [Double]) -> [Double] { Oracle.layerNorm(x, weight: weight, bias: bias, epsilon: 1e-1) }
      assertClose(y[row: row], plain(values), within: .ofLargest(2e-6))
      let expected = (0..<width).map {
        Double(before[row, $0]) + Oracle.derivative(at: values, to: $0, slopes: Array(slopes[row: row]), plain)
      }
      assertClose(gradient[row: row], expected, within: .ofLargest(5e-6), "row \(row)")
    }
  }

  /// Heads are normalized by themselves, and columns that are no head's stay as they are.
  @Test func headNormsAreThoseOfTheirColumns() {
    let rows = 9, size = 16
    var random = CounterRandom(test: 4)
    let x = random.matrix(rows, 70), norm = Norm(weight: random.floats(size), epsilon: 1e-3)
    let slopes = random.matrix(rows, 70)
    var y = x, gradient = slopes
    context.normalizeHeads(&y, from: 5, heads: 3, norm)
    context.replaceByHeadNormalizationGradient(&gradient, at: x, from: 5, heads: 3, norm)
    for row in 0..<rows {
      for start in [0, 53] {
        let end = start == 0 ? 5 : 70
        assertSameBits(Array(y[row: row])[start..<end], Array(x[row: row])[start..<end])
        assertSameBits(Array(gradient[row: row])[start..<end], Array(slopes[row: row])[start..<end])
      }
      for head in 0..<3 {
        let columns = 5 + head * size..<5 + (head + 1) * size
        let values = Array(x[row: row])[columns].map(Double.init)
        func plain(_ x: [Double]) -> [Double] { Oracle.norm(x, weight: norm.weight, epsilon: 1e-3) }
        assertClose(Array(y[row: row])[columns], plain(values), within: .ofLargest(2e-6))
        assertClose(
          Array(gradient[row: row])[columns],
          (0..<size).map {
            Oracle.derivative(at: values, to: $0, slopes: Array(Array(slopes[row: row])[columns]), plain)
          }, within: .ofLargest(5e-6))
      }
    }
  }

  @Test(arguments: shapes, [Activation.gatedSiLU, .gatedGELU, .gelu])
  func activationIsThatOfThePlainDefinition(shape: (rows: Int, width: Int), activation: Activation) {
    var random = CounterRandom(test: shape.width)
    let x = random.matrix(shape.rows, activation.inputsPerOutput * shape.width, scale: 4)
    var y = Matrix(rows: shape.rows, columns: shape.width)
    context.activate(x, activation, into: &y)
    for row in 0..<shape.rows {
      let expected = Oracle.activation(x[row: row].map(Double.init), activation)
      assertClose(
        y[row: row], expected, within: activation == .gatedSiLU ? .relative(1e-6) : .absolute(5e-6))
    }
  }

  @Test(arguments: [Activation.gatedSiLU, .gatedGELU]) func gatesKeepTheirLimits(activation: Activation) throws {
    let gateUp = try #require(Matrix(rows: 1, columns: 8, values: [-200, 200, 0, -88.5] + [3, 3, 3, 3]))
    var y = Matrix(rows: 1, columns: 4)
    context.activate(gateUp, activation, into: &y)
    #expect(y[0, 0] == 0 && y[0, 1] == 600 && y[0, 2] == 0)
    assertClose(y[0, 3], 0.0, within: .absolute(1e-34))
  }

  @Test(arguments: shapes, [Activation.gatedSiLU, .gatedGELU, .gelu])
  func activationGradientIsTheFiniteDifference(shape: (rows: Int, width: Int), activation: Activation) {
    var random = CounterRandom(test: shape.width)
    let input = random.matrix(shape.rows, activation.inputsPerOutput * shape.width, scale: 2)
    let slopes = random.matrix(shape.rows, shape.width)
    var gradient = random.matrix(shape.rows, input.columns)
    context.activationGradient(of: slopes, at: input, activation, into: &gradient)
    for row in 0..<shape.rows {
      let x = input[row: row].map(Double.init)
      let expected = x.indices.map {
        Oracle.derivative(at: x, to: $0, slopes: Array(slopes[row: row])) { Oracle.activation($0, activation) }
      }
      assertClose(gradient[row: row], expected, within: .ofLargest(6e-6), "row \(row)")
    }
  }

  @Test(arguments: shapes) func softCapIsThatOfThePlainDefinition(rows: Int, width: Int) {
    var random = CounterRandom(test: width)
    let x = random.matrix(rows, width, scale: 5), slopes = random.matrix(rows, width)
    var y = x, gradient = slopes
    context.softCap(&y, at: 3)
    context.replaceBySoftCapGradient(&gradient, at: y, cap: 3)
    assertClose(y.values, x.values.map { 3 * tanh(Double($0) / 3) }, within: .absolute(1e-6))
    assertClose(
      gradient.values, zip(x.values, slopes.values).map { Double($1) * (1 - pow(tanh(Double($0) / 3), 2)) },
      within: .absolute(2e-6))
    // Near zero the cap changes nothing: small numbers keep their digits.
    var small = x
    context.scale(&small, by: 1e-4)
    let before = small
    context.softCap(&small, at: 30)
    assertClose(small.values, before.values.map(Double.init), within: .relative(1e-6))
  }

  @Test func biasesAreAddedToEachRow() {
    for (rows, width) in Self.shapes {
      var random = CounterRandom(test: width)
      let x = random.matrix(rows, width), bias = random.floats(width)
      var y = x
      context.add(bias: bias, to: &y)
      for row in 0..<rows { assertSameBits(y[row: row], zip(x[row: row], bias).map { $0 + $1 }) }
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
    let table = RotaryTable(size: 16, base: 10_000, positions: 300)
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
