import Foundation

/// Unicode's normal forms (Unicode Standard Annex 15).
enum NormalForm {
  /// The normal form C of a text in UTF-8.
  static func composed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    if text.allSatisfy({ $0 < 0x80 }) { return text }
    return Array(String(decoding: text, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)[...]
  }
}
