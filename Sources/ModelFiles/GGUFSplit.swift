import Foundation

/// The files of a model that is split over several: `NAME-00001-of-00003.gguf` and so on, each with the keys `split.no`
/// (from 0) and `split.count`, as llama.cpp's gguf-split writes them.
struct GGUFSplit {
  /// The files' paths, in order.
  let paths: [String]
  private let count: Int

  private static let countKey = "split.count"
  private static let numberKey = "split.no"
  private static let tensorsKey = "split.tensors.count"
  /// More files than any model has; it bounds what a damaged file can make us look for.
  private static let mostFiles = 9999

  /// Whether a file's name ends as those of split models do.
  static func isNamedAsPart(_ path: String) -> Bool {
    path.wholeMatch(of: /.*-[0-9]{5}-of-[0-9]{5}\.gguf/.dotMatchesNewlines()) != nil
  }

  /// The files that belong to one of them; nil where it stands alone.
  /// - Throws: `ModelFileError.malformed` where the file's name does not say which of them it is, `.unreadable` for one
  ///   that is missing.
  init?(of part: GGUFPart) throws(ModelFileError) {
    let path = part.file.path
    guard let count = try Self.integer(Self.countKey, of: part), count > 1 else { return nil }
    guard count <= Self.mostFiles else {
      throw .malformed(
        path: path, place: "metadata key \(quoted(Self.countKey))", found: "\(count)",
        expected: "1 to \(Self.mostFiles)")
    }
    func suffix(_ number: Int) -> String {
      "-\(Self.digits(number))-of-\(Self.digits(count)).gguf"
    }
    let number = try Self.integer(Self.numberKey, of: part) ?? 0
    guard 0..<count ~= number, path.hasSuffix(suffix(number + 1)) else {
      throw .malformed(
        path: path, place: "metadata key \(quoted(Self.numberKey))", found: "\(number) of \(count)",
        expected:
          "a file whose name ends in \(suffix(max(0, min(number, count - 1)) + 1)); split files keep their names")
    }
    let stem = path.dropLast(suffix(1).count)
    paths = (1...count).map { "\(stem)\(suffix($0))" }
    self.count = count
    for file in paths where !FileManager.default.fileExists(atPath: file) {
      throw .unreadable(path: file, reason: "it is missing; the model is split over \(count) files, of which it is one")
    }
  }

  /// Checks that the files say the same of each other.
  func check(_ parts: [GGUFPart]) throws(ModelFileError) {
    for (index, part) in parts.enumerated() {
      let found = (try Self.integer(Self.numberKey, of: part), try Self.integer(Self.countKey, of: part))
      guard found.0 == index, found.1 == count else {
        throw .malformed(
          path: part.file.path, place: "metadata keys \(quoted(Self.numberKey)) and \(quoted(Self.countKey))",
          found: "\(found.0.map(String.init) ?? "none") and \(found.1.map(String.init) ?? "none")",
          expected: "\(index) and \(count)")
      }
    }
    let tensors = parts.reduce(0) { $0 + $1.tensors.count }
    if let stated = try Self.integer(Self.tensorsKey, of: parts[0]), stated != tensors {
      throw .malformed(
        path: parts[0].file.path, place: "metadata key \(quoted(Self.tensorsKey))", found: "\(stated)",
        expected: "\(tensors), as many as the files hold")
    }
  }

  private static func integer(_ key: String, of part: GGUFPart) throws(ModelFileError) -> Int? {
    guard let value = part.metadata[key] else { return nil }
    guard let integer = value.integer else {
      throw .malformed(
        path: part.file.path, place: "metadata key \(quoted(key))", found: value.kind, expected: "an integer")
    }
    return integer
  }

  private static func digits(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }
}
