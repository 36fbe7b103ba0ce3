package import Messages

/// Why a server can't be run.
package enum ServingError: Error, Hashable, Sendable, CustomStringConvertible {
  /// An address that other machines reach, and no key.
  case needsKey(address: String)
  /// An address that can't be listened on.
  case cannotListen(address: String, port: Int, reason: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .needsKey(let address):
      "--host: found \(address), which other machines can reach, but no key. Put a key in an environment variable and "
        + "name that with --api-key, or leave --host out to serve this machine alone."
    case .cannotListen(let address, let port, let reason):
      "Can't listen on \(address):\(port) (\(reason)). Choose another address with --host or another port with --port."
    }
  }
}

extension ServingError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .needsKey: .usage
    case .cannotListen: .cannotWrite
    }
  }
}
