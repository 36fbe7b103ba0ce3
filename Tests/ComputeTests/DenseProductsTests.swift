import Randomness
import TestSupport
import Testing

@testable import Compute

struct DenseProductsTests {
  private struct Shape {
    let m: Int, n: Int, k: Int
  }

  /// Fewer and more than a tile, whole vectors and not.
  private static let shapes = [
    Shape(m: 1, n: 1, k: 1), Shape(m: 3, n: 16, k: 5), Shape(m: 8, n: 100, k: 37), Shape(m: 50, n: 33, k: 64),
    Shape(m: 97, n: 200, k: 40), Shape(m: 2, n: 7, k: 0),
  ]

  /// Sums of the plain definition, on columns of larger matrices.
  @Test(arguments: [false, true]) func addsTheProductToSomeColumns(transposed: Bool) {
    let context = ComputeContext(threads: 2)
    for (test, shape) in Self.shapes.enumerated() {
      var random = CounterRandom(test: test)
      let a = transposed ? random.matrix(shape.k, shape.m + 5) : random.matrix(shape.m, shape.k + 5)
      let b = random.matrix(shape.k, shape.n + 4), before = random.matrix(shape.m, shape.n + 9)
      var sum = before
      context.addProduct(
        of: MatrixColumns(a, columns: 2..<2 + (transposed ? shape.m : shape.k), transposed: transposed),
        with: MatrixColumns(b, columns: 3..<3 + shape.n), to: &sum, columns: 6..<6 + shape.n)
      var expected = before.values.map(Double.init)
      for row in 0..<shape.m {
        for column in 0..<shape.n {
          for index in 0..<shape.k {
            let factor = transposed ? a[index, 2 + row] : a[row, 2 + index]
            expected[row * before.columns + 6 + column] += Double(factor) * Double(b[index, 3 + column])
          }
        }
      }
      assertClose(sum.values, expected, within: .ofLargest(1e-6), "\(shape)")
      for row in 0..<shape.m {
        #expect(sum[row: row].prefix(6).elementsEqual(before[row: row].prefix(6)), "\(shape)")
        #expect(sum[row: row].suffix(3).elementsEqual(before[row: row].suffix(3)), "\(shape)")
      }
    }
  }

  /// Each number is one chain over k in order that begins with its old value, whatever threads and kernels.
  @Test func eachNumberIsOneChain() {
    for (test, shape) in Self.shapes.enumerated() {
      var random = CounterRandom(test: test)
      let a = random.matrix(shape.m, shape.k), b = random.matrix(shape.k, shape.n)
      let before = random.matrix(shape.m, shape.n)
      var expected = before
      for row in 0..<shape.m {
        for column in 0..<shape.n {
          for index in 0..<shape.k { expected[row, column].addProduct(a[row, index], b[index, column]) }
        }
      }
      for kernels in KernelSet.available {
        for threads in [1, 2, 4] {
          let context = ComputeContext(threads: threads, kernels: kernels)
          var sum = before
          context.addProduct(of: MatrixColumns(a), with: MatrixColumns(b), to: &sum)
          assertSameBits(sum.values, expected.values, "\(shape), \(kernels.name), \(threads) threads")
          sum = before
          context.addProduct(
            of: MatrixColumns(a.transposed(), transposed: true), with: MatrixColumns(b), to: &sum)
          assertSameBits(sum.values, expected.values, "\(shape), \(kernels.name), \(threads) threads, transposed")
        }
      }
    }
  }

  @Test func transposes() throws {
    let matrix = try #require(Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6]))
    #expect(matrix.transposed().values == [1, 4, 2, 5, 3, 6] && matrix.transposed().columns == 2)
    #expect(matrix.transposed(paddedTo: 4).values == [1, 4, 2, 5, 3, 6, 0, 0])
    #expect(Matrix(rows: 0, columns: 3).transposed() == Matrix(rows: 3, columns: 0))
  }
}
