package import Messages

/// Why a report can't be made or written.
package enum ReportingError: Error, Equatable, CustomStringConvertible {
  /// The store has no experiment of this fingerprint.
  case noExperiment(fingerprint: String, store: String)
  /// A file of the report can't be written.
  case cannotWrite(path: String, reason: String)

  /// One sentence or two: the place, what was found, what to do.
  package var description: String {
    switch self {
    case .noExperiment(let fingerprint, let store):
      "\(store): no experiment \(fingerprint); `ablate list` shows those there are"
    case .cannotWrite(let path, let reason):
      "\(path): can't be written (\(reason)); choose another folder or allow writing there"
    }
  }
}

extension ReportingError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .noExperiment: .missingInput
    case .cannotWrite: .cannotWrite
    }
  }
}
