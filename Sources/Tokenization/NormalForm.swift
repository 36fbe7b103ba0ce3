/// Unicode's normal forms (Unicode Standard Annex 15).
///
/// Foundation's own cuts astral characters to 16 bits on Linux and misorders some marks; see `CanonicalMappings`.
enum NormalForm {
  /// The normal form C of a text in UTF-8.
  static func composed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    // Below U+0300 nothing composes or decomposes into another text; its UTF-8 begins with 0xCC.
    if text.allSatisfy({ $0 < 0xCC }) { return text }
    var scalars = decomposedScalars(text)
    compose(&scalars)
    return utf8(scalars)
  }

  /// The normal form D of a text in UTF-8.
  static func decomposed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    return utf8(decomposedScalars(text))
  }

  private static let table = MappingTable()

  private static func utf8(_ scalars: [UInt32]) -> ArraySlice<UInt8> {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * scalars.count)
    for value in scalars {
      if let scalar = Unicode.Scalar(value) { bytes.append(contentsOf: UTF8.encode(scalar) ?? .init()) }
    }
    return bytes[...]
  }

  /// The text with every character taken apart and its marks in canonical order.
  private static func decomposedScalars(_ text: ArraySlice<UInt8>) -> [UInt32] {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(text.count)
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar.value < 0xC0 {
        scalars.append(scalar.value)
      } else if let parts = Hangul.parts(of: scalar.value) {
        scalars += parts
      } else if let parts = table.decompositions[scalar.value] {
        scalars += parts
      } else {
        scalars.append(scalar.value)
      }
    }
    // Marks are sorted by their class, those of one class staying as they are.
    var index = 0
    while index < scalars.count {
      guard table.combiningClass(scalars[index]) > 0 else {
        index += 1
        continue
      }
      let start = index
      while index < scalars.count, table.combiningClass(scalars[index]) > 0 { index += 1 }
      if index - start > 1 {
        let marks = scalars[start..<index].enumerated().sorted {
          (table.combiningClass($0.element), $0.offset) < (table.combiningClass($1.element), $1.offset)
        }
        for (place, mark) in marks.enumerated() { scalars[start + place] = mark.element }
      }
    }
    return scalars
  }

  /// Joins each mark, vowel or consonant with the last starter where nothing of its class or a higher one is between.
  private static func compose(_ scalars: inout [UInt32]) {
    var count = 0
    var starter: Int?
    var previousClass: UInt8 = 0
    for scalar in scalars {
      let combiningClass = table.combiningClass(scalar)
      if let starter, previousClass < combiningClass || count == starter + 1,
        let composite = Hangul.composite(scalars[starter], scalar) ?? table.composite(scalars[starter], scalar)
      {
        scalars[starter] = composite
        continue
      }
      if combiningClass == 0 { starter = count }
      previousClass = combiningClass
      scalars[count] = scalar
      count += 1
    }
    scalars.removeSubrange(count...)
  }
}

/// Hangul, whose syllables are composed by arithmetic (The Unicode Standard, 3.12).
private enum Hangul {
  private static let syllables: UInt32 = 0xAC00, leads: UInt32 = 0x1100, vowels: UInt32 = 0x1161, tails: UInt32 = 0x11A7

  static func parts(of scalar: UInt32) -> [UInt32]? {
    guard (syllables..<syllables + 11_172).contains(scalar) else { return nil }
    let index = scalar - syllables
    let pair = [leads + index / 588, vowels + index % 588 / 28]
    return index % 28 == 0 ? pair : pair + [tails + index % 28]
  }

  static func composite(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (leads..<leads + 19).contains(first), (vowels..<vowels + 21).contains(second) {
      return syllables + ((first - leads) * 21 + second - vowels) * 28
    }
    if (syllables..<syllables + 11_172).contains(first), (first - syllables) % 28 == 0,
      (tails + 1..<tails + 28).contains(second)
    {
      return first + second - tails
    }
    return nil
  }
}

/// `CanonicalMappings`, ready for lookups.
private struct MappingTable {
  /// What each character comes apart into at last, in canonical order.
  private(set) var decompositions: [UInt32: [UInt32]] = [:]
  private var composites: [UInt64: UInt32] = [:]
  private var classes: [UInt32: UInt8] = [:]

  init() {
    func number(_ text: Substring) -> UInt32 { UInt32(text, radix: 16) ?? 0 }
    for run in CanonicalMappings.combiningClasses.split(whereSeparator: \.isWhitespace) {
      let fields = run.split(whereSeparator: { $0 == "-" || $0 == "=" })
      for value in number(fields[0])...number(fields[1]) { classes[value] = UInt8(fields[2]) }
    }
    var value: UInt32 = 0
    for entry in CanonicalMappings.decompositions.split(whereSeparator: { $0.isWhitespace || $0 == "," }) {
      let fields = entry.split(separator: "=")
      if fields.count == 2 { value = number(fields[0]) }
      let mapping = fields[fields.count - 1]
      let parts = mapping.split(whereSeparator: { $0 == "." || $0 == "!" }).map(number)
      decompositions[value] = parts
      if parts.count == 2, mapping.last != "!" { composites[Self.key(parts[0], parts[1])] = value }
      value += 1
    }
    // To the end: what a mapping gives may have one itself, but only its first character ever does.
    let steps = decompositions
    for (value, parts) in steps {
      var parts = parts
      while let more = steps[parts[0]] { parts.replaceSubrange(0..<1, with: more) }
      decompositions[value] = parts
    }
  }

  func combiningClass(_ scalar: UInt32) -> UInt8 { scalar < 0x300 ? 0 : classes[scalar] ?? 0 }

  func composite(_ first: UInt32, _ second: UInt32) -> UInt32? { composites[Self.key(first, second)] }

  private static func key(_ first: UInt32, _ second: UInt32) -> UInt64 { UInt64(first) << 32 | UInt64(second) }
}
