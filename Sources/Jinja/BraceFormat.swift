import Foundation

/// Python's `"…".format(values)`.
struct BraceFormat {
  private let format: JinjaText

  init(_ format: JinjaText) { self.format = format }

  /// The text with its fields filled.
  func text(of arguments: JinjaArguments, _ evaluator: JinjaEvaluator) throws -> JinjaText {
    try evaluator.step(format.count / 4)
    let named = Dictionary(arguments.named.map { ($0.name, $0.value) }) { first, _ in first }
    var result = JinjaText(), place = 0, automatic = 0
    let scalars = format.scalars
    while place < scalars.count {
      let scalar = scalars[place]
      place += 1
      guard scalar == "{" || scalar == "}" else {
        result.scalars.append(scalar)
        continue
      }
      if place < scalars.count, scalars[place] == scalar {
        result.scalars.append(scalar)
        place += 1
        continue
      }
      guard scalar == "{" else { throw JinjaError.type("Single '}' encountered in format string") }
      guard let end = scalars[place...].firstIndex(of: "}") else {
        throw JinjaError.type("Single '{' encountered in format string")
      }
      let field = Array(scalars[place..<end])
      place = end + 1
      let value = try value(of: field, arguments.positional, named, &automatic, evaluator)
      result.scalars += value.scalars
      try evaluator.check(making: result.count)
    }
    return result
  }

  /// The text of a field: `name.attribute[key]!r:format`.
  private func value(
    of field: [Unicode.Scalar], _ positional: [JinjaValue], _ named: [String: JinjaValue], _ automatic: inout Int,
    _ evaluator: JinjaEvaluator
  ) throws -> JinjaText {
    guard !field.contains("{") else { throw JinjaError.type("fields in fields are not run here") }
    let colon = field.firstIndex(of: ":") ?? field.endIndex
    var name = field[..<colon], conversion: Unicode.Scalar?
    if name.count >= 2, name[name.endIndex - 2] == "!" {
      conversion = name.last
      name = name.dropLast(2)
    }
    let first = name.prefix { $0 != "." && $0 != "[" }
    var value: JinjaValue
    if first.isEmpty || first.allSatisfy({ ("0"..."9").contains($0) }) {
      let number = first.isEmpty ? automatic : Int(JinjaText(Array(first)).string) ?? .max
      if first.isEmpty { automatic += 1 }
      guard number < positional.count else {
        throw JinjaError.type("Replacement index \(number) out of range for positional args tuple")
      }
      value = positional[number]
    } else {
      let key = JinjaText(Array(first)).string
      guard let found = named[key] else { throw JinjaError.type("KeyError: '\(key)'") }
      value = found
    }
    var rest = name[first.endIndex...]
    while let sign = rest.popFirst() {
      if sign == "." {
        let part = rest.prefix { $0 != "." && $0 != "[" }
        value = try evaluator.attribute(JinjaText(Array(part)).string, of: value)
        rest = rest[part.endIndex...]
      } else {
        let part = rest.prefix { $0 != "]" }
        let key = JinjaText(Array(part))
        value = try evaluator.member(Int(key.string).map(JinjaValue.integer) ?? .text(key), of: value)
        rest = rest[part.endIndex...].dropFirst()
      }
    }
    if conversion == "r" {
      var text = JinjaText()
      try value.append(to: &text, evaluator, depth: 0)
      value = .text(text)
    } else if conversion == "s" {
      value = .text(try value.printed(evaluator))
    }
    let specification = colon < field.endIndex ? Array(field[(colon + 1)...]) : []
    return try Specification(specification).text(of: value, evaluator)
  }

  /// What stands behind a field's colon.
  private struct Specification {
    private var fill: Unicode.Scalar = " "
    private var alignment: Unicode.Scalar?
    private var sign: Unicode.Scalar = "-"
    private var groups = false
    private var width = 0
    private var precision: Int?
    private var kind: Unicode.Scalar?

    init(_ written: [Unicode.Scalar]) throws {
      var rest = written[...]
      let alignments: Set<Unicode.Scalar> = ["<", ">", "^", "="]
      if rest.count > 1, alignments.contains(rest[rest.startIndex + 1]) {
        fill = rest.removeFirst()
        alignment = rest.removeFirst()
      } else if let first = rest.first, alignments.contains(first) {
        alignment = rest.removeFirst()
      }
      if let first = rest.first, first == "+" || first == "-" || first == " " { sign = rest.removeFirst() }
      if rest.first == "0" {
        rest.removeFirst()
        if alignment == nil { (fill, alignment) = ("0", "=") }
      }
      func number() throws -> Int? {
        let digits = rest.prefix { ("0"..."9").contains($0) }
        rest = rest[digits.endIndex...]
        guard !digits.isEmpty else { return nil }
        guard digits.count < 8, let number = Int(JinjaText(Array(digits)).string) else {
          throw JinjaError.limit("characters", 10_000_000)
        }
        return number
      }
      width = try number() ?? 0
      if rest.first == "," {
        rest.removeFirst()
        groups = true
      }
      if rest.first == "." {
        rest.removeFirst()
        precision = try number()
      }
      kind = rest.popFirst()
      guard rest.isEmpty else { throw JinjaError.type("Invalid format specifier") }
    }

    func text(of value: JinjaValue, _ evaluator: JinjaEvaluator) throws -> JinjaText {
      try evaluator.check(making: width)
      guard let number = value.asDouble, !(value.isBoolean && kind == nil), kind != "s" else {
        guard kind == nil || kind == "s" else {
          throw JinjaError.type(
            "Unknown format code '\(Character(kind ?? " "))' for object of type '\(value.typeName)'")
        }
        var text = try value.printed(evaluator)
        if let precision { text = JinjaText(Array(text.scalars.prefix(precision))) }
        return aligned(text, usual: "<")
      }
      var digits: String
      switch (kind, value.asInteger) {
      case (nil, let integer?), ("d", let integer?): digits = "\(integer.magnitude)"
      case ("x", let integer?): digits = String(integer.magnitude, radix: 16)
      case ("X", let integer?): digits = String(integer.magnitude, radix: 16, uppercase: true)
      case ("o", let integer?): digits = String(integer.magnitude, radix: 8)
      case ("b", let integer?): digits = String(integer.magnitude, radix: 2)
      case (nil, nil) where precision == nil: digits = JinjaValue.printed(number.magnitude)
      case ("f", _), ("F", _), ("e", _), ("E", _), ("g", _), ("G", _), (nil, nil):
        guard (precision ?? 0) <= 400 else { throw JinjaError.limit("digits", 400) }
        digits = String(format: "%.\(precision ?? 6)\(Character(kind ?? "g"))", number.magnitude)
      case ("%", _):
        guard (precision ?? 0) <= 400 else { throw JinjaError.limit("digits", 400) }
        digits = String(format: "%.\(precision ?? 6)f", number.magnitude * 100) + "%"
      default: throw JinjaError.type("Unknown format code for object of type '\(value.typeName)'")
      }
      if groups { digits = Self.grouped(digits) }
      let mark = number.sign == .minus ? "-" : sign == "-" ? "" : String(Character(sign))
      if alignment == "=" {
        let missing = max(0, width - mark.count - digits.count)
        return JinjaText(mark) + JinjaText(Array(repeating: fill, count: missing)) + JinjaText(digits)
      }
      return aligned(JinjaText(mark + digits), usual: ">")
    }

    private static func grouped(_ digits: String) -> String {
      let whole = digits.prefix { $0.isNumber }, rest = digits.dropFirst(whole.count)
      var result = ""
      for (index, digit) in whole.enumerated() {
        if index > 0, (whole.count - index) % 3 == 0 { result += "," }
        result.append(digit)
      }
      return result + rest
    }

    private func aligned(_ text: JinjaText, usual: Unicode.Scalar) -> JinjaText {
      let missing = max(0, width - text.count)
      let left = ["<": 0, "^": missing / 2][alignment ?? usual] ?? missing
      return JinjaText(
        Array(repeating: fill, count: left) + text.scalars + Array(repeating: fill, count: missing - left))
    }
  }
}

extension JinjaValue {
  fileprivate var isBoolean: Bool {
    if case .boolean = self { return true }
    return false
  }
}
