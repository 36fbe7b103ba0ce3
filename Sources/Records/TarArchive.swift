import Foundation

/// Plain files in the POSIX `ustar` format (IEEE Std 1003.1, pax): written so that every `tar` reads it, and read so
/// that nothing but plain files with harmless names comes out.
///
/// Links, devices, folders, extensions, names that lead elsewhere and entries that are cut off are refused. Nothing is
/// compressed, so what is unpacked is never larger than the archive.
enum TarArchive {
  /// A file in an archive.
  struct Entry: Equatable {
    /// Its name, with `/` between the parts.
    var name: String
    /// Its bytes.
    var data: Data
  }

  /// What is wrong with an archive.
  struct Malformed: Error, Equatable {
    /// Where: an entry's name or the place of its header, in bytes.
    var place: String
    var found: String
    var expected: String
  }

  private static let block = 512

  /// The header of a file, padded to whole blocks by `padding(after:)`. Owner, time and mode are always the same, so
  /// that equal content is an equal archive. Nil for a name that the format can't hold.
  static func header(name: String, size: Int) -> Data? {
    let bytes = Array(name.utf8)
    var split = 0
    if bytes.count > 100 {
      // The name's last 100 bytes, and up to 155 before them, cut at a slash.
      guard
        let slash = bytes.indices.first(where: {
          bytes[$0] == UInt8(ascii: "/") && bytes.count - $0 - 1 <= 100 && $0 <= 155
        })
      else { return nil }
      split = slash + 1
    }
    var header = [UInt8](repeating: 0, count: block)
    func put(_ text: some Sequence<UInt8>, at place: Int) {
      for (offset, byte) in text.enumerated() { header[place + offset] = byte }
    }
    guard size >= 0, String(size, radix: 8).utf8.count <= 11 else { return nil }
    put(bytes[split...], at: 0)
    put("0000644".utf8, at: 100)
    put("0000000".utf8, at: 108)
    put("0000000".utf8, at: 116)
    put(octal(size, digits: 11), at: 124)
    put(octal(0, digits: 11), at: 136)
    put([UInt8](repeating: UInt8(ascii: " "), count: 8), at: 148)
    header[156] = UInt8(ascii: "0")
    put("ustar".utf8, at: 257)
    put("00".utf8, at: 263)
    if split > 0 { put(bytes[..<(split - 1)], at: 345) }
    let sum = header.reduce(0) { $0 + Int($1) }
    put(octal(sum, digits: 6) + [0, UInt8(ascii: " ")], at: 148)
    return Data(header)
  }

  private static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
  }

  /// The zeros behind a file of a size.
  static func padding(after size: Int) -> Data { Data(count: (block - size % block) % block) }

  /// The end of an archive.
  static let end = Data(count: 2 * block)

  /// Reads an archive entry by entry.
  /// - Parameters:
  ///   - data: The archive's bytes; they are not copied.
  ///   - body: Gets each entry in order; may throw to stop.
  /// - Throws: ``Malformed``, and what `body` throws.
  static func read(_ data: Data, _ body: (Entry) throws -> Void) throws {
    var place = 0
    var names: Set<String> = []
    while true {
      guard data.count - place >= block else {
        throw Malformed(place: "byte \(place)", found: "the end of the file", expected: "a header, or two empty blocks")
      }
      let header = Array(data[data.startIndex + place..<data.startIndex + place + block])
      if header.allSatisfy({ $0 == 0 }) {
        // Two empty blocks; writers fill up with more.
        guard data.count - place >= 2 * block, isEmpty(data, from: place) else {
          throw Malformed(place: "byte \(place)", found: "one empty block", expected: "two, and nothing behind them")
        }
        return
      }
      let (name, size) = try file(in: header, at: place)
      place += block
      guard data.count - place >= size else {
        throw Malformed(
          place: name, found: "\(data.count - place) bytes",
          expected: "\(size), as its header says; the archive is cut off")
      }
      guard names.insert(name).inserted else {
        throw Malformed(place: name, found: "this name a second time", expected: "every name once")
      }
      try body(Entry(name: name, data: data.subdata(in: data.startIndex + place..<data.startIndex + place + size)))
      let padded = min(size + padding(after: size).count, data.count - place)
      guard isEmpty(data, from: place + size, to: place + padded) else {
        throw Malformed(place: name, found: "bytes between its end and the next file", expected: "zeros")
      }
      place += padded
    }
  }

  /// Whether all bytes from one place to another, or to the end, are zeros.
  private static func isEmpty(_ data: Data, from start: Int, to end: Int? = nil) -> Bool {
    data[data.startIndex + start..<data.startIndex + (end ?? data.count)].allSatisfy { $0 == 0 }
  }

  private static func file(in header: [UInt8], at place: Int) throws -> (name: String, size: Int) {
    func malformed(_ found: String, _ expected: String) -> Malformed {
      Malformed(place: "byte \(place)", found: found, expected: expected)
    }
    func text(_ range: Range<Int>) throws -> String {
      let bytes = header[range].prefix { $0 != 0 }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw malformed("a name that is not UTF-8", "a plain name")
      }
      return text
    }
    func number(_ range: Range<Int>) -> Int? {
      let digits = header[range].filter { $0 != 0 && $0 != UInt8(ascii: " ") }
      guard !digits.isEmpty, digits.count <= 11, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
      return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
    guard header[257..<262].elementsEqual("ustar".utf8) else { throw malformed("no header", "a tar archive (ustar)") }
    let sum = header.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
    guard header[148..<156].elementsEqual(octal(sum, digits: 6) + [0, UInt8(ascii: " ")]) else {
      throw malformed("a header with a wrong sum", "an archive that is not damaged")
    }
    let last = try text(0..<100), first = try text(345..<500)
    let name = first.isEmpty ? last : "\(first)/\(last)"
    guard header[156] == UInt8(ascii: "0") || header[156] == 0 else {
      throw Malformed(
        place: name, found: "an entry of type \(String(UnicodeScalar(header[156])).debugDescription)",
        expected: "plain files alone")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }), !name.contains("\\"),
      name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else {
      throw Malformed(
        place: "byte \(place)", found: "the name \(name.debugDescription)", expected: "a path that leads nowhere else")
    }
    guard let size = number(124..<136) else { throw Malformed(place: name, found: "no size", expected: "a size") }
    return (name, size)
  }
}
