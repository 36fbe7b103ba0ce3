/// What a pre-tokenizer's pattern asks about a character.
enum ScalarClass: Sendable {
  /// `\p{L}`: general categories Lu, Ll, Lt, Lm and Lo.
  case letter
  /// `\p{N}`: general categories Nd, Nl and No.
  case number
  /// `\s`: the property White_Space.
  case whitespace
  /// Everything else, combining marks, controls and unassigned code points among it.
  case other

  /// The class of a scalar by the Unicode tables of the Swift standard library.
  ///
  /// Those of Swift 6.3 are of Unicode 17. The regular expressions of Hugging Face `tokenizers` 0.23 are of Unicode 16:
  /// the two agree on every code point except letters and numbers that Unicode 17 added. A test sweeps all of them.
  init(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x61...0x7A, 0x41...0x5A: self = .letter
    case 0x30...0x39: self = .number
    case 0x20, 0x09...0x0D: self = .whitespace
    case 0..<0x80: self = .other
    default:
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
      case .decimalNumber, .letterNumber, .otherNumber: self = .number
      default: self = scalar.properties.isWhitespace ? .whitespace : .other
      }
    }
  }
}

/// A text as its Unicode scalars, with the class of each and the place of its bytes.
///
/// Swift's characters are grapheme clusters (`"\r\n"` is one); pre-tokenizers are defined on scalars.
struct ClassifiedText: Sendable {
  /// The scalars of the text.
  private(set) var scalars: [Unicode.Scalar] = []
  /// The class of each scalar.
  private(set) var classes: [ScalarClass] = []
  /// Where the UTF-8 of each scalar begins in the text, and at last where the text ends.
  private(set) var byteOffsets: [Int] = [0]

  init(_ bytes: ArraySlice<UInt8>) {
    scalars.reserveCapacity(bytes.count)
    classes.reserveCapacity(bytes.count)
    byteOffsets.reserveCapacity(bytes.count + 1)
    var offset = 0
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      scalars.append(scalar)
      classes.append(ScalarClass(scalar))
      offset += UTF8.width(scalar)
      byteOffsets.append(offset)
    }
  }

  /// The index of the scalar that begins at a byte.
  /// - Parameter start: An index that is not beyond it.
  func index(ofByte byte: Int, from start: Int) -> Int {
    var low = start, high = byteOffsets.count - 1
    while low < high {
      let middle = (low + high) / 2
      if byteOffsets[middle] < byte { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
