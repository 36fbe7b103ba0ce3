import Foundation

/// Python's `"…" % values`.
struct PercentFormat {
  private let format: JinjaText

  init(_ format: JinjaText) { self.format = format }

  /// A number with so many digits behind the point, as C's `printf` rounds it.
  static func fixed(_ number: Double, digits: Int) -> String { String(format: "%.\(digits)f", number) }

  private struct Field {
    var key: JinjaText?
    var flags: Set<Unicode.Scalar> = []
    var width = 0
    var precision: Int?
  }

  /// The text with its fields filled.
  func text(of values: JinjaValue, _ evaluator: JinjaEvaluator) throws -> JinjaText {
    try evaluator.step(format.count / 4)
    var result = JinjaText(), place = 0
    var arguments: [JinjaValue]
    if case .tuple(let parts) = values { arguments = parts.elements } else { arguments = [values] }
    var used = 0, isNamed = false
    func next() throws -> JinjaValue {
      guard used < arguments.count else { throw JinjaError.type("not enough arguments for format string") }
      used += 1
      return arguments[used - 1]
    }
    func current() -> Unicode.Scalar? { place < format.count ? format.scalars[place] : nil }
    func number() throws -> Int? {
      var number: Int?
      while let digit = current(), let value = Int(String(Character(digit))) {
        let (product, overflows) = (number ?? 0).multipliedReportingOverflow(by: 10)
        guard !overflows, product + value <= evaluator.limits.length else {
          throw JinjaError.limit("characters", evaluator.limits.length)
        }
        number = product + value
        place += 1
      }
      return number
    }
    while place < format.count {
      let scalar = format.scalars[place]
      place += 1
      guard scalar == "%" else {
        result.scalars.append(scalar)
        continue
      }
      var field = Field()
      if current() == "(" {
        guard let end = format.scalars[place...].firstIndex(of: ")") else {
          throw JinjaError.type("incomplete format key")
        }
        field.key = JinjaText(Array(format.scalars[(place + 1)..<end]))
        place = end + 1
      }
      while let flag = current(), "-+ #0".unicodeScalars.contains(flag) {
        field.flags.insert(flag)
        place += 1
      }
      field.width = try number() ?? 0
      if current() == "." {
        place += 1
        field.precision = try number() ?? 0
      }
      guard let kind = current() else { throw JinjaError.type("incomplete format") }
      place += 1
      if kind == "%" {
        result.scalars.append("%")
        continue
      }
      let value: JinjaValue
      if let key = field.key {
        guard case .dictionary(let members) = values else { throw JinjaError.type("format requires a mapping") }
        guard let found = members[.text(key)] else { throw JinjaError.type("KeyError: '\(key.string)'") }
        value = found
        isNamed = true
      } else {
        value = try next()
      }
      try evaluator.check(making: result.count + max(field.width, field.precision ?? 0))
      result.scalars += try text(of: value, kind, field, evaluator).scalars
      try evaluator.step(result.count / 8)
    }
    switch values {
    // What can be asked for members needn't be used.
    case .dictionary, .list, .range, .undefined: isNamed = true
    default: break
    }
    guard used == arguments.count || isNamed else {
      throw JinjaError.type("not all arguments converted during string formatting")
    }
    return result
  }

  private func text(
    _ digits: String, isNegative: Bool, _ field: Field
  ) -> JinjaText {
    let sign = isNegative ? "-" : field.flags.contains("+") ? "+" : field.flags.contains(" ") ? " " : ""
    let missing = max(0, field.width - sign.count - digits.count)
    if field.flags.contains("-") { return JinjaText(sign + digits + String(repeating: " ", count: missing)) }
    return field.flags.contains("0")
      ? JinjaText(sign + String(repeating: "0", count: missing) + digits)
      : JinjaText(String(repeating: " ", count: missing) + sign + digits)
  }

  private func text(
    of value: JinjaValue, _ kind: Unicode.Scalar, _ field: Field, _ evaluator: JinjaEvaluator
  ) throws -> JinjaText {
    switch kind {
    case "s", "r", "a":
      var text = JinjaText()
      if kind == "s" { text = try value.printed(evaluator) } else { try value.append(to: &text, evaluator, depth: 0) }
      if let precision = field.precision { text = JinjaText(Array(text.scalars.prefix(precision))) }
      let blanks = JinjaText(Array(repeating: " ", count: max(0, field.width - text.count)))
      return field.flags.contains("-") ? text + blanks : blanks + text
    case "c":
      if let text = value.asText, text.count == 1 { return text }
      guard let number = value.asInteger, let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
        throw JinjaError.type("%c requires int or char")
      }
      return JinjaText([scalar])
    case "d", "i", "u", "x", "X", "o":
      guard
        let number = value.asInteger
          ?? (("xXo".unicodeScalars.contains(kind))
            ? nil : value.asDouble.flatMap { Int(exactly: $0.rounded(.towardZero)) })
      else { throw JinjaError.type("%\(Character(kind)) format: a real number is required, not \(value.typeName)") }
      let radix = kind == "o" ? 8 : "xX".unicodeScalars.contains(kind) ? 16 : 10
      var digits = String(number.magnitude, radix: radix, uppercase: kind == "X")
      if let precision = field.precision, digits.count < precision {
        digits = String(repeating: "0", count: precision - digits.count) + digits
      }
      if field.flags.contains("#"), radix != 10 { digits = (radix == 8 ? "0o" : "0\(Character(kind))") + digits }
      return text(digits, isNegative: number < 0, field)
    case "f", "F", "e", "E", "g", "G":
      guard let number = value.asDouble else {
        throw JinjaError.type("must be real number, not \(value.typeName)")
      }
      guard (field.precision ?? 0) <= 400 else { throw JinjaError.limit("digits", 400) }
      let written = String(format: "%.\(field.precision ?? 6)\(Character(kind))", number.magnitude)
      return text(written, isNegative: number.sign == .minus, field)
    default: throw JinjaError.type("unsupported format character '\(Character(kind))'")
    }
  }
}
