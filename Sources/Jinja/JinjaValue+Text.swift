import Foundation

extension JinjaValue {
  /// Python's `str`.
  func printed(_ evaluator: JinjaEvaluator) throws -> JinjaText {
    switch self {
    case .text(let text): return text
    case .undefined: return JinjaText()
    default:
      var text = JinjaText()
      try append(to: &text, evaluator, depth: 0)
      return text
    }
  }

  /// Python's `repr`, put behind a text.
  func append(to text: inout JinjaText, _ evaluator: JinjaEvaluator, depth: Int) throws {
    try evaluator.step()
    guard depth < evaluator.limits.depth else { throw JinjaError.limit("levels of depth", evaluator.limits.depth) }
    func add(_ string: String) { text.scalars.append(contentsOf: string.unicodeScalars) }
    func addAll(_ elements: JinjaList, _ opening: String, _ closing: String) throws {
      add(opening)
      for (index, element) in elements.enumerated() {
        if index > 0 { add(", ") }
        try element.append(to: &text, evaluator, depth: depth + 1)
      }
      add(closing)
    }
    switch self {
    case .undefined: add("Undefined")
    case .none: add("None")
    case .boolean(let value): add(value ? "True" : "False")
    case .integer(let value): add("\(value)")
    case .float(let value): add(Self.printed(value))
    case .text(let own):
      try evaluator.step(own.count / 4)
      add(own.isMarkup ? "Markup(\(Self.quoted(own)))" : Self.quoted(own))
    case .list(let elements): try addAll(elements, "[", "]")
    case .tuple(let elements): try addAll(elements, "(", elements.count == 1 ? ",)" : ")")
    case .dictionary(let members):
      add("{")
      for (index, member) in members.members.enumerated() {
        if index > 0 { add(", ") }
        try member.key.append(to: &text, evaluator, depth: depth + 1)
        add(": ")
        try member.value.append(to: &text, evaluator, depth: depth + 1)
      }
      add("}")
    case .range(let range):
      add("range(\(range.start), \(range.end)" + (range.step == 1 ? ")" : ", \(range.step))"))
    case .object(let object): try object.append(to: &text, evaluator, depth: depth)
    }
    try evaluator.check(length: text.count)
  }

  /// Python's `repr` of a float: the shortest digits that give the number back, with an exponent from 1e16 on and below
  /// 1e-4.
  static func printed(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == value.rounded(), abs(value) < 1e16 {
      return (value.sign == .minus && value == 0 ? "-0" : "\(Int(value))") + ".0"
    }
    // Swift writes the same digits; the exponent's form and its bounds differ.
    let description = "\(value)"
    let parts = description.split(separator: "e")
    let exponent = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    let isNegative = description.hasPrefix("-")
    let number = parts[0].drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
    var whole = String(number[0]), fraction = number.count > 1 && number[1] != "0" ? String(number[1]) : ""
    // The digits with the point behind the first.
    var point = exponent + whole.count - 1
    var digits = whole + fraction
    while digits.hasPrefix("0"), digits.count > 1 {
      digits.removeFirst()
      point -= 1
    }
    while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
    let sign = isNegative ? "-" : ""
    if point < -4 || point >= 16 {
      whole = String(digits.removeFirst())
      let size = abs(point) < 10 ? "0\(abs(point))" : "\(abs(point))"
      return sign + whole + (digits.isEmpty ? "" : "." + digits) + "e" + (point < 0 ? "-" : "+") + size
    }
    if point < 0 { return sign + "0." + String(repeating: "0", count: -point - 1) + digits }
    if digits.count <= point + 1 {
      return sign + digits + String(repeating: "0", count: point + 1 - digits.count) + ".0"
    }
    fraction = String(digits.dropFirst(point + 1))
    return sign + digits.prefix(point + 1) + "." + fraction
  }

  /// Python's `repr` of a text.
  private static func quoted(_ text: JinjaText) -> String {
    let quote: Unicode.Scalar = text.scalars.contains("'") && !text.scalars.contains("\"") ? "\"" : "'"
    var result = String(Character(quote))
    for scalar in text.scalars {
      switch scalar {
      case quote, "\\": result += "\\" + String(Character(scalar))
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      default:
        if scalar.isPrintable {
          result.unicodeScalars.append(scalar)
        } else if scalar.value < 0x100 {
          result += "\\x" + hexadecimal(scalar, 2)
        } else {
          result += scalar.value < 0x10000 ? "\\u" + hexadecimal(scalar, 4) : "\\U" + hexadecimal(scalar, 8)
        }
      }
    }
    return result + String(Character(quote))
  }

  private static func hexadecimal(_ scalar: Unicode.Scalar, _ width: Int) -> String {
    let digits = String(scalar.value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

extension Unicode.Scalar {
  /// Whether Python's `repr` writes the scalar as it is.
  fileprivate var isPrintable: Bool {
    if self == " " { return true }
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .spaceSeparator:
      return false
    default: return true
    }
  }
}
