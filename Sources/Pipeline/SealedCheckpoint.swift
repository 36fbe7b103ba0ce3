import Fingerprints
import Foundation
import Messages
import Records

/// A value that one process leaves for the next: sealed with its hash, and worth nothing on another kind of machine,
/// whose next steps would have other last bits.
///
/// A line with the hash, and a property list, which keeps every bit of a number.
enum SealedCheckpoint {
  /// The value in a file; nil where there is none that is whole and of this kind of machine.
  static func read<Value: Decodable>(_ type: Value.Type, from file: URL, on machine: String) -> Value? {
    guard let data = try? Data(contentsOf: file), let end = data.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let body = data[(end + 1)...]
    guard String(decoding: data[..<end], as: UTF8.self) == seal(of: Data(body), on: machine) else { return nil }
    return try? PropertyListDecoder().decode(type, from: Data(body))
  }

  /// Writes a value in place of an older one, whole or not at all. Throws `RecordsError.cannotWrite`.
  static func write(_ value: some Encodable, to file: URL, on machine: String) throws {
    let encoder = PropertyListEncoder()
    encoder.outputFormat = .binary
    do {
      let body = try encoder.encode(value)
      try (Data("\(seal(of: body, on: machine))\n".utf8) + body).write(to: file, options: .atomic)
    } catch {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
    }
  }

  /// What a value's bytes come to on one kind of machine.
  static func seal(of body: Data, on machine: String) -> String {
    Fingerprint(ofBytes: Data("\(machine)\n".utf8) + body).hexadecimal
  }
}
