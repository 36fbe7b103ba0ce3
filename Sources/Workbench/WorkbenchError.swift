package import Messages

/// What keeps the tools from their work, beyond what the targets below report themselves.
package enum WorkbenchError: Error, Sendable, CustomStringConvertible {
  /// A file that a command or manifest names is nowhere.
  case missingFile(path: String, tried: [String])
  /// A file can't be read.
  case unreadable(path: String, reason: String)
  /// Standard input can't be read.
  case noInput(reason: String)
  /// A data file is not what it should be.
  case malformed(path: String, place: String, found: String, expected: String)
  /// The user pressed Ctrl-C.
  case interrupted
  /// A value on the command line that can't be.
  case badOption(name: String, found: String, expected: String)
  /// No tuned prompts where a command needs them.
  case noPrompts(detail: String)
  /// A store that a run is using, where one must have it to oneself.
  case storeInUse(path: String)
  /// A stage names something that no manifest of this process named.
  case unplanned(what: String, hash: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .missingFile(let path, let tried):
      "\(path): no such file; looked for \(tried.joined(separator: ", ")). Give a path that exists, relative to the "
        + "current folder or to the manifest's."
    case .unreadable(let path, let reason):
      "\(path): can't be read (\(reason))"
    case .noInput(let reason):
      "standard input can't be read (\(reason)); give it JSON Lines, as in `decode - < instructions.jsonl`"
    case .malformed(let path, let place, let found, let expected):
      "\(path): \(place): found \(found), expected \(expected)"
    case .interrupted:
      "Interrupted. Everything that was finished is kept. Run the same command again to resume."
    case .badOption(let name, let found, let expected):
      "\(name): found \(found), expected \(expected)"
    case .noPrompts(let detail):
      "\(detail) Tune prompts with `swift run tune Experiments/alpha.json`, or name an experiment that `ablate list` "
        + "shows."
    case .storeInUse(let path):
      "\(path): a run is using this store; wait for it to end, and try again."
    case .unplanned(let what, let hash):
      "The \(what) \(hash) is named by no manifest that was read. This is a bug; please report it."
    }
  }
}

extension WorkbenchError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .missingFile, .noInput, .noPrompts: .missingInput
    case .interrupted, .storeInUse: .interrupted
    case .badOption: .usage
    case .unplanned: .failed
    case .unreadable, .malformed: .badData
    }
  }
}
