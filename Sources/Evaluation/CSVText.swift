/// The rows of comma-separated values as RFC 4180 defines them: fields in quotation marks may hold commas, line ends
/// and doubled quotation marks. Lines end with a line feed, alone or after a carriage return.
///
/// SwiftCSV 0.10.0 reads the real benchmarks as Python's `csv` does, but takes a file that was cut inside a quoted
/// field for a whole one, and its errors know no line; a benchmark must not be shortened in silence.
struct CSVText {
  struct Row {
    var fields: [String]
    /// The line that the row begins on, counted from 1.
    var line: Int
  }

  struct SyntaxError: Error {
    var line: Int
    var found: String
    var expected: String
  }

  /// The rows, the header first; each with as many fields as the first.
  var rows: [Row] = []

  /// Reads a whole text of valid UTF-8.
  init(parsing text: some Sequence<UInt8>) throws(SyntaxError) {
    let bytes = Array(text)
    var index = 0
    var line = 1
    while index < bytes.count {
      var row = Row(fields: [], line: line)
      repeat {
        row.fields.append(try Self.field(of: bytes, at: &index, line: &line))
      } while Self.accept(UInt8(ascii: ","), in: bytes, at: &index)
      if index < bytes.count {
        _ = Self.accept(UInt8(ascii: "\r"), in: bytes, at: &index)
        guard Self.accept(UInt8(ascii: "\n"), in: bytes, at: &index) else {
          throw SyntaxError(
            line: line, found: "a character after a closing quotation mark, or a carriage return alone",
            expected: "a comma or the line's end (write a quotation mark inside a field twice)")
        }
        line += 1
      }
      if let header = rows.first, row.fields.count != header.fields.count {
        let isBlank = row.fields == [""]
        throw SyntaxError(
          line: row.line, found: isBlank ? "an empty line" : "\(row.fields.count) fields",
          expected: "\(header.fields.count) fields, as in the first line")
      }
      rows.append(row)
    }
  }

  /// The field that begins at `index`, which is moved to what ends it.
  private static func field(of bytes: [UInt8], at index: inout Int, line: inout Int) throws(SyntaxError) -> String {
    let start = index
    let quotationMark = UInt8(ascii: "\"")
    guard accept(quotationMark, in: bytes, at: &index) else {
      let ends = [UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
      while index < bytes.count, !ends.contains(bytes[index]) {
        guard bytes[index] != quotationMark else {
          throw SyntaxError(
            line: line, found: "a quotation mark inside a field that does not begin with one",
            expected: "the whole field in quotation marks, and those inside it twice")
        }
        index += 1
      }
      return String(decoding: bytes[start..<index], as: UTF8.self)
    }
    let firstLine = line
    var content: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == quotationMark, !accept(quotationMark, in: bytes, at: &index) {
        return String(decoding: content, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\n") { line += 1 }
      content.append(byte)
    }
    throw SyntaxError(
      line: firstLine, found: "a field in quotation marks that never ends",
      expected: "a closing quotation mark (the file may have been cut)")
  }

  private static func accept(_ byte: UInt8, in bytes: [UInt8], at index: inout Int) -> Bool {
    guard index < bytes.count, bytes[index] == byte else { return false }
    index += 1
    return true
  }
}
