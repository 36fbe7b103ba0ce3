package import Messages

/// Why a model file, an adapter or a catalog model can't be used.
///
/// Every `description` is one message for the user: the file, the place in it, what was found, what was expected,
/// and what to do where that isn't plain.
package enum ModelFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file isn't there, or can't be opened or mapped. `reason` is the system's own wording or ours.
  case unreadable(path: String, reason: String)
  /// The file breaks its format (or contradicts itself) at `place`.
  case malformed(path: String, place: String, found: String, expected: String)
  /// The file is sound as far as it was read, but uses something that this program does not support.
  case unsupported(path: String, place: String, found: String, expected: String)
  /// A name that is neither in the catalog nor a file. `known` are the catalog's names.
  case unknownModel(name: String, known: [String])
  /// A catalog model is not in the cache and could not be fetched. `advice` says what to do instead.
  case unavailable(model: String, reason: String, advice: String)
  /// A part of a catalog model that is not the one that the catalog names. `part` says which, and of what package.
  case wrongPart(model: String, part: String, found: String, expected: String, advice: String)
  /// A fetch that the user interrupted when `whole` of `parts` parts were here.
  case interruptedFetch(model: String, whole: Int, parts: Int)
  /// The cache folder's disk has too little room for a catalog model; numbers of bytes.
  case noRoom(path: String, what: String, needed: Int, free: Int)
  /// A file whose SHA-256 is not the one that the catalog names.
  case hashMismatch(path: String, found: String, expected: String, advice: String)
  /// The cache folder can't be made or written.
  case unwritable(path: String, reason: String, advice: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "\(path): can't be read: \(reason)"
    case .malformed(let path, let place, let found, let expected):
      "\(path): \(place): found \(found), expected \(expected); the file is damaged or not of this kind, get it again"
    case .unsupported(let path, let place, let found, let expected):
      "\(path): \(place): found \(found), which is not supported; expected \(expected)"
    case .unknownModel(let name, let known):
      "\(quoted(name)) is neither a model of the catalog nor a file; "
        + "the catalog has \(known.joined(separator: ", ")), and the path of a .gguf file may be given instead"
    case .unavailable(let model, let reason, let advice):
      "model \(model) can't be had: \(reason); \(advice)"
    case .wrongPart(let model, let part, let found, let expected, let advice):
      "model \(model): \(part): found \(found), expected \(expected); \(advice)"
    case .interruptedFetch(let model, let whole, let parts):
      "model \(model): interrupted; "
        + (whole == 0
          ? "the same command begins the fetch again"
          : "\(whole) of \(parts) parts are kept; run the same command again to resume")
    case .noRoom(let path, let what, let needed, let free):
      "\(path): fetching \(what) needs about \(ByteCount(needed)) there, and \(ByteCount(free)) are free; "
        + "free space, or set ANTIPODE_CACHE to a folder that has room"
    case .hashMismatch(let path, let found, let expected, let advice):
      "\(path): its SHA-256 is \(found), expected \(expected); \(advice)"
    case .unwritable(let path, let reason, let advice):
      "\(path): can't be written: \(reason); \(advice)"
    }
  }
}

/// Text from a file, in quotes, cut to a length that suits a message and with control characters made visible.
func quoted(_ text: String) -> String {
  let limit = 100
  let shown = text.unicodeScalars.prefix(limit).map {
    $0.properties.generalCategory == .control ? "\u{FFFD}" : String($0)
  }
  return "\"" + shown.joined() + (text.unicodeScalars.count > limit ? "…\"" : "\"")
}

extension ModelFileError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .unknownModel, .unavailable, .unreadable: .missingInput
    case .unwritable, .noRoom: .cannotWrite
    case .interruptedFetch: .interrupted
    case .malformed, .unsupported, .hashMismatch, .wrongPart: .badData
    }
  }
}
