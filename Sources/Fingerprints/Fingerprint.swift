package import Foundation

/// A SHA-256 hash as 64 lowercase hexadecimal digits: the name of a model file, a data file, a stage, an artifact or
/// an experiment. Ordered by its digits.
package struct Fingerprint: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The 64 lowercase hexadecimal digits.
  package let hexadecimal: String

  /// The fingerprint with the given digits; nil unless there are 64 lowercase hexadecimal ones.
  package init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 64, Self.isPrefix(hexadecimal) else { return nil }
    self.hexadecimal = hexadecimal
  }

  /// The fingerprint of bytes: SHA-256 over them.
  package init(ofBytes bytes: some DataProtocol) {
    var hash = SHA256()
    hash.update(bytes)
    self.init(digest: hash.digest())
  }

  /// The fingerprint of bytes that come in pieces, such as a large file read block by block. `next` returns the
  /// next piece, or nil at the end; what it throws is thrown on.
  package init(ofPieces next: () throws -> Data?) rethrows {
    var hash = SHA256()
    while let piece = try next() {
      hash.update(piece)
    }
    self.init(digest: hash.digest())
  }

  /// The fingerprint of memory that comes in pieces. `body` calls what it is given with one piece after the other.
  package init(ofMemory body: ((UnsafeRawBufferPointer) -> Void) -> Void) {
    var hash = SHA256()
    body { hash.update($0) }
    self.init(digest: hash.digest())
  }

  private init(digest: [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    hexadecimal = String(decoding: text, as: UTF8.self)
  }

  /// The first 12 digits, for tables and progress lines.
  package var short: String {
    String(hexadecimal.prefix(12))
  }

  /// All 64 digits.
  package var description: String {
    hexadecimal
  }

  /// Whether the text can be the beginning of a fingerprint: lowercase hexadecimal digits, from 1 to 64 of them.
  package static func isPrefix(_ text: String) -> Bool {
    (1...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// By the digits.
  package static func < (left: Fingerprint, right: Fingerprint) -> Bool {
    left.hexadecimal < right.hexadecimal
  }
}

extension Fingerprint: Codable {
  /// Decodes a string of 64 lowercase hexadecimal digits; anything else is refused.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let fingerprint = Fingerprint(hexadecimal: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "found \"\(text)\", expected 64 lowercase hexadecimal digits (SHA-256)")
    }
    self = fingerprint
  }

  /// Encodes the 64 digits as a string.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hexadecimal)
  }
}
