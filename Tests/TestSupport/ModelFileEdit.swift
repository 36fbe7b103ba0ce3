import Foundation
import ModelFiles

/// The bytes of a tiny checkpoint with one part changed to another of the same length.
package struct ModelFileEdit {
  /// The file.
  package private(set) var bytes: [UInt8]

  private struct NotFound: Error {
    let what: String
  }

  package init(_ model: TinyModel = .f32) throws {
    bytes = Array(try Data(contentsOf: URL(fileURLWithPath: model.path)))
  }

  /// Replaces the one place at which some bytes stand.
  package mutating func replace(_ old: [UInt8], by new: [UInt8]) throws {
    let data = Data(bytes)
    guard old.count == new.count, let range = data.range(of: Data(old)),
      data.range(of: Data(old), in: range.upperBound..<data.count) == nil
    else { throw NotFound(what: "\(old.prefix(40))") }
    bytes.replaceSubrange(range, with: new)
  }

  /// Renames a tensor or key, with the length that stands before its name.
  package mutating func rename(_ old: String, to new: String) throws {
    try replace(length(old) + Array(old.utf8), by: length(new) + Array(new.utf8))
  }

  /// Changes the number of 32 bits under a metadata key.
  package mutating func set(_ key: String, to value: UInt32) throws {
    guard let range = Data(bytes).range(of: Data(length(key) + Array(key.utf8))) else { throw NotFound(what: key) }
    // The value's type, four bytes, stands before it.
    bytes.replaceSubrange(range.upperBound + 4..<range.upperBound + 8, with: little(value))
  }

  /// Adds a number of 32 bits under a metadata key that the file lacks.
  package mutating func add(_ key: String, _ value: UInt32) {
    // A second key fills what is added up to the alignment of the data.
    let size = 16 + key.utf8.count, filler = String(repeating: "x", count: (64 - (size + 17) % 32) % 32 + 1)
    let entries = [(key, value), (filler, 0)].flatMap { length($0.0) + Array($0.0.utf8) + little(4) + little($0.1) }
    bytes[16] += 2
    bytes.insert(contentsOf: entries, at: 24)
  }

  /// Changes the text under a metadata key to one of the same length.
  package mutating func set(_ key: String, to new: String) throws {
    guard let range = Data(bytes).range(of: Data(length(key) + Array(key.utf8))) else { throw NotFound(what: key) }
    bytes.replaceSubrange(range.upperBound + 12..<range.upperBound + 12 + new.utf8.count, with: Array(new.utf8))
  }

  /// Multiplies the numbers of a tensor of 32-bit floats.
  package mutating func scale(_ tensor: String, of model: TinyModel, by factor: Float) throws {
    let file = try GGUFFile(path: model.path)
    let old = file.withBytes(of: try file.tensor(tensor)) { Array($0) }
    let new = stride(from: 0, to: old.count, by: 4).flatMap { index in
      let bits = old[index..<index + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return little((Float(bitPattern: bits) * factor).bitPattern)
    }
    try replace(old, by: new)
  }

  private func length(_ text: String) -> [UInt8] {
    withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) }
  }
  private func little(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
