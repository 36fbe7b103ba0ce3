package import Messages

/// What keeps the second engine from its work.
package enum TransformersError: Error, Hashable, Sendable, CustomStringConvertible {
  /// There is no Python environment.
  case noEnvironment(path: String)
  /// The worker can't be started.
  case notStarted(python: String, reason: String)
  /// A worker of another version.
  case otherVersion(found: String, expected: String, python: String)
  /// The worker ended before its time.
  case ended(status: String, log: String, lastLines: String)
  /// The model can't be had as it is asked for.
  case model(String)
  /// A model of the hub can't be had.
  case hub(String)
  /// There is too little memory.
  case memory(String)
  /// What the worker refuses of a request.
  case request(String)
  /// A fault of the worker or of this program.
  case fault(String, log: String)
  /// What the second engine can't do.
  case unsupported(what: String, advice: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .noEnvironment(let path):
      "The engine transformers needs a Python environment, and \(path) is not there. Make it with `make engine` in "
        + "Antipode's folder, or name a Python that has the worker's packages in ANTIPODE_ENGINE."
    case .notStarted(let python, let reason):
      "\(python): can't be started (\(reason)). Make the environment anew with `make engine`."
    case .otherVersion(let found, let expected, let python):
      "\(python): the engine's worker is of version \(found), and this program needs \(expected). Make the environment "
        + "anew with `make engine`."
    case .ended(let status, let log, let lastLines):
      "The engine's worker ended before its time (\(status)): \(lastLines). Its log is \(log). What was finished is "
        + "kept; the same command goes on from there. Where the system ended it for its memory, take a smaller batch, "
        + "\"dtype\": \"bfloat16\", or \"quantization\": \"nf4\"."
    case .model(let message), .hub(let message), .request(let message): message
    case .memory(let message):
      "Too little memory: \(message). What was finished is kept; a smaller \"dtype\" or \"quantization\" needs less."
    case .fault(let message, let log):
      "The engine's worker failed: \(message). Its log is \(log); please report it with the manifest."
    case .unsupported(let what, let advice): "The engine transformers can't \(what); \(advice)"
    }
  }
}

extension TransformersError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .noEnvironment, .notStarted, .otherVersion, .hub: .missingInput
    case .model, .request, .unsupported: .badData
    case .memory: .systemError
    case .ended, .fault: .failed
    }
  }
}
