/// Unicode's general categories, numbered so that a set of them is a mask of bits.
enum GeneralCategories {
  /// The short names, in the order of the numbers, and the long ones.
  private static let names: [(short: String, long: String)] = [
    ("lu", "uppercaseletter"), ("ll", "lowercaseletter"), ("lt", "titlecaseletter"), ("lm", "modifierletter"),
    ("lo", "otherletter"), ("mn", "nonspacingmark"), ("mc", "spacingmark"), ("me", "enclosingmark"),
    ("nd", "decimalnumber"), ("nl", "letternumber"), ("no", "othernumber"), ("pc", "connectorpunctuation"),
    ("pd", "dashpunctuation"), ("ps", "openpunctuation"), ("pe", "closepunctuation"), ("pi", "initialpunctuation"),
    ("pf", "finalpunctuation"), ("po", "otherpunctuation"), ("sm", "mathsymbol"), ("sc", "currencysymbol"),
    ("sk", "modifiersymbol"), ("so", "othersymbol"), ("zs", "spaceseparator"), ("zl", "lineseparator"),
    ("zp", "paragraphseparator"), ("cc", "control"), ("cf", "format"), ("cs", "surrogate"), ("co", "privateuse"),
    ("cn", "unassigned"),
  ]
  private static let groups = [
    "letter": "l", "mark": "m", "number": "n", "punctuation": "p", "symbol": "s", "separator": "z", "other": "c",
  ]

  /// The categories that a name means, as bits: `L`, `Lu`, `Letter`, `Uppercase_Letter`.
  /// - Parameter name: in lower case, without spaces, hyphens and low lines.
  static func mask(named name: String) -> UInt32? {
    let name = groups[name] ?? name
    var mask: UInt32 = 0
    for (number, names) in names.enumerated() {
      if names.short == name || names.long == name || name.count == 1 && names.short.hasPrefix(name) {
        mask |= 1 << UInt32(number)
      }
    }
    return mask == 0 ? nil : mask
  }

  /// The number of a scalar's category.
  static func number(of scalar: Unicode.Scalar) -> UInt8 {
    scalar.value < 0x80 ? ascii[Int(scalar.value)] : number(of: scalar.properties.generalCategory)
  }

  private static let ascii = (UInt8(0)..<0x80).map { number(of: Unicode.Scalar($0).properties.generalCategory) }

  private static func number(of category: Unicode.GeneralCategory) -> UInt8 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }
}
