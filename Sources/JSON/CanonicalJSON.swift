extension JSONValue {
  /// The canonical form of RFC 8785 (JSON Canonicalization Scheme): no white space, keys in the order of their
  /// UTF-16 code units, numbers as ECMAScript writes them, and only the escapes that JSON needs. A number that is not
  /// finite has no JSON form and is written as `null`, as ECMAScript does; the parser never makes one.
  package var canonical: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// The value for people: two spaces a level, a line for each member and element.
  /// - Parameter isSorted: Whether keys come in the canonical order, or in their own.
  package func indented(isSorted: Bool = true) -> String {
    var text = ""
    write(to: &text, level: 0, isSorted: isSorted)
    return text
  }

  /// Writes the canonical form, or, from a level of indentation on, a line for each part.
  private func write(to text: inout String, level: Int? = nil, isSorted: Bool = true) {
    let inner = level.map { $0 + 1 }
    func breakLine(_ level: Int?) {
      guard let level else { return }
      text += "\n" + String(repeating: "  ", count: level)
    }
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .number(let value): text += Self.canonicalNumber(value)
    case .string(let value): Self.write(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        breakLine(inner)
        element.write(to: &text, level: inner, isSorted: isSorted)
      }
      if !elements.isEmpty { breakLine(level) }
      text += "]"
    case .object(let object):
      text += "{"
      for (index, member) in (isSorted ? object.sortedMembers : object.members).enumerated() {
        if index > 0 { text += "," }
        breakLine(inner)
        Self.write(member.key, to: &text)
        text += level == nil ? ":" : ": "
        member.value.write(to: &text, level: inner, isSorted: isSorted)
      }
      if !object.members.isEmpty { breakLine(level) }
      text += "}"
    }
  }

  fileprivate static func write(_ string: String, to text: inout String) {
    let digits = Array("0123456789abcdef".unicodeScalars)
    var quoted = String.UnicodeScalarView()
    quoted.append("\"")
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": quoted.append(contentsOf: "\\\"".unicodeScalars)
      case "\\": quoted.append(contentsOf: "\\\\".unicodeScalars)
      case "\u{8}": quoted.append(contentsOf: "\\b".unicodeScalars)
      case "\t": quoted.append(contentsOf: "\\t".unicodeScalars)
      case "\n": quoted.append(contentsOf: "\\n".unicodeScalars)
      case "\u{C}": quoted.append(contentsOf: "\\f".unicodeScalars)
      case "\r": quoted.append(contentsOf: "\\r".unicodeScalars)
      case _ where scalar.value < 0x20:
        quoted.append(contentsOf: "\\u00".unicodeScalars)
        quoted.append(digits[Int(scalar.value >> 4)])
        quoted.append(digits[Int(scalar.value & 15)])
      default: quoted.append(scalar)
      }
    }
    quoted.append("\"")
    // Appended to the view of its scalars, each string would copy the whole text before it.
    text += String(quoted)
  }

  /// A number as ECMAScript's `Number::toString` writes it (ECMA-262, 6.1.6.1.20), to which RFC 8785, section
  /// 3.2.2.3 refers. The digits are the shortest that name the double, and the closest among those, which is what
  /// Swift's own description gives; only their layout differs.
  package static func canonicalNumber(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    guard value != 0 else { return "0" }
    let sign = value < 0 ? "-" : ""
    let (digits, exponent) = decimal(of: value.magnitude)
    let count = digits.count
    let text = String(decoding: digits, as: UTF8.self)
    switch exponent {
    case count...21 where count <= 21:
      return sign + text + String(repeating: "0", count: exponent - count)
    case 1...21:
      return sign + text.prefix(exponent) + "." + text.dropFirst(exponent)
    case -5...0:
      return sign + "0." + String(repeating: "0", count: -exponent) + text
    default:
      let power = exponent - 1
      let mantissa = count == 1 ? text : text.prefix(1) + "." + text.dropFirst()
      return sign + mantissa + "e" + (power < 0 ? "-" : "+") + String(power.magnitude)
    }
  }

  /// The shortest digits `d` and the exponent `n` with `value = 0.d × 10ⁿ`, without zeros at either end of `d`.
  private static func decimal(of value: Double) -> (digits: [UInt8], exponent: Int) {
    let parts = value.description.split(separator: "e")
    let power = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let mantissa = (parts.first ?? "0").split(separator: ".", omittingEmptySubsequences: false)
    let whole = Array((mantissa.first ?? "").utf8)
    var digits = whole + (mantissa.count > 1 ? Array(mantissa[1].utf8) : [])
    var exponent = whole.count + power
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    while digits.first == UInt8(ascii: "0") {
      digits.removeFirst()
      exponent -= 1
    }
    return (digits, exponent)
  }
}

extension JSONElement {
  /// The value as one line, as it was written but for white space: members keep their order, and numbers their digits.
  package var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch value {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let value): JSONValue.write(value, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        JSONValue.write(member.key, to: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }
}
