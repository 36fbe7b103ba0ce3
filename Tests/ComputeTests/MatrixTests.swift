import Compute
import Testing

struct MatrixTests {
  @Test func holdsItsValuesRowByRow() throws {
    #expect(Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5]) == nil)
    #expect(Matrix(rows: -1, columns: 0, values: []) == nil)
    var matrix = try #require(Matrix(rows: 2, columns: 3, values: [1, 2, 3, 4, 5, 6]))
    #expect(matrix[1, 0] == 4)
    #expect(Array(matrix[row: 1]) == [4, 5, 6])
    matrix[0, 2] = 7
    matrix[row: 1] = [8, 9, 10]
    #expect(matrix.values == [1, 2, 7, 8, 9, 10])
    matrix.clear()
    #expect(matrix == Matrix(rows: 2, columns: 3))
  }

  @Test func copiesAndStacksRows() throws {
    let matrix = try #require(Matrix(rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6]))
    #expect(matrix.rows(in: 1..<3).values == [3, 4, 5, 6])
    #expect(matrix.rows(in: 1..<1).rows == 0)
    let gathered = matrix.gathering(rows: [2, 0, 2])
    #expect(gathered.values == [5, 6, 1, 2, 5, 6] && gathered.rows == 3)
    let stacked = Matrix.stacking([gathered, Matrix(rows: 0, columns: 2), matrix], columns: 2)
    #expect(stacked.rows == 6 && stacked.values == [5, 6, 1, 2, 5, 6, 1, 2, 3, 4, 5, 6])
    #expect(Matrix.stacking([], columns: 2).rows == 0)
  }

  @Test func addsToOneRow() throws {
    var matrix = try #require(Matrix(rows: 3, columns: 2, values: [1, 2, 3, 4, 5, 6]))
    let addends = try #require(Matrix(rows: 2, columns: 2, values: [0, 0, 10, -20]))
    matrix.add(addends[row: 1], toRow: 1)
    matrix.add(addends[row: 1], toRow: 1)
    #expect(matrix.values == [1, 2, 23, -36, 5, 6])
  }

  @Test func changesItsNumberOfRows() {
    var matrix = Matrix(rows: 2, columns: 3)
    for rows in [5, 1, 0, 4] {
      matrix.resize(rows: rows)
      #expect(matrix.rows == rows && matrix.values.count == rows * 3)
    }
  }
}
