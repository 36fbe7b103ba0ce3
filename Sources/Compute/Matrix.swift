/// A dense matrix of 32-bit floats, row-major, `[rows, columns]`.
package struct Matrix: Sendable, Equatable, Codable {
  /// Number of rows.
  package private(set) var rows: Int
  /// Number of columns.
  package let columns: Int
  /// The values, row by row: `rows * columns` of them.
  package internal(set) var values: [Float]

  /// A matrix of zeros, `[rows, columns]`.
  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    values = [Float](repeating: 0, count: rows * columns)
  }

  /// A matrix over given values, `[rows, columns]` row-major; nil where their number is not `rows * columns`.
  package init?(rows: Int, columns: Int, values: [Float]) {
    guard rows >= 0, columns >= 0, values.count == rows * columns else { return nil }
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  private enum CodingKeys: String, CodingKey { case rows, columns, values }

  /// Reads a matrix whose number of values must fit its shape.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let rows = try container.decode(Int.self, forKey: .rows), columns = try container.decode(Int.self, forKey: .columns)
    let values = try container.decode([Float].self, forKey: .values)
    guard let matrix = Matrix(rows: rows, columns: columns, values: values) else {
      throw DecodingError.dataCorruptedError(
        forKey: .values, in: container, debugDescription: "\(values.count) values for [\(rows), \(columns)]")
    }
    self = matrix
  }

  /// One value.
  package subscript(row: Int, column: Int) -> Float {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// One row, `[columns]`.
  package subscript(row row: Int) -> ArraySlice<Float> {
    get { values[row * columns..<(row + 1) * columns] }
    set { values.replaceSubrange(row * columns..<(row + 1) * columns, with: newValue) }
  }

  /// Adds a row, `[columns]`, to one of the rows.
  package mutating func add(_ addend: ArraySlice<Float>, toRow row: Int) {
    precondition(addend.count == columns, "shapes differ")
    for (column, value) in addend.enumerated() { values[row * columns + column] += value }
  }

  /// A copy of some rows, `[range.count, columns]`.
  package func rows(in range: Range<Int>) -> Matrix {
    Matrix(
      rows: range.count, columns: columns,
      storage: Array(values[range.lowerBound * columns..<range.upperBound * columns]))
  }

  /// A copy of the rows with these indices, in this order, `[indices.count, columns]`.
  package func gathering(rows indices: [Int]) -> Matrix {
    var gathered = [Float]()
    gathered.reserveCapacity(indices.count * columns)
    for index in indices { gathered += self[row: index] }
    return Matrix(rows: indices.count, columns: columns, storage: gathered)
  }

  /// The rows of several matrices of the same width, one below the other.
  package static func stacking(_ matrices: [Matrix], columns: Int) -> Matrix {
    var stacked = [Float]()
    stacked.reserveCapacity(matrices.reduce(0) { $0 + $1.rows } * columns)
    for matrix in matrices { stacked += matrix.values }
    return Matrix(rows: columns == 0 ? 0 : stacked.count / columns, columns: columns, storage: stacked)
  }

  /// Changes the number of rows and keeps the memory: the values are then those of another shape, to be overwritten.
  package mutating func resize(rows: Int) {
    let count = rows * columns
    if values.count > count {
      values.removeLast(values.count - count)
    } else {
      values.append(contentsOf: repeatElement(0, count: count - values.count))
    }
    self.rows = rows
  }

  /// Sets every value to zero.
  package mutating func clear() {
    values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
  }

  private init(rows: Int, columns: Int, storage: [Float]) {
    self.rows = rows
    self.columns = columns
    values = storage
  }
}
