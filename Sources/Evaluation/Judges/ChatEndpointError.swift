package import Messages

/// What keeps a server from judging.
package enum ChatEndpointError: Error, Equatable, CustomStringConvertible {
  /// The variable that should hold the key is not set, or empty.
  case noKey(variable: String, address: String)
  /// The server will never answer this request: another key, model or address is needed.
  case refused(address: String, status: Int, message: String)
  /// The server failed again and again.
  case failed(address: String, attempts: Int, reason: String)

  /// What is wrong, where, what was found, and what to do. The key is in none of it.
  package var description: String {
    switch self {
    case .noKey(let variable, let address):
      "\(address): found no key; expected it in the variable \(variable) of the environment. Set it, for instance with "
        + "`export \(variable)=…`, name another variable in the judge's \"keyVariable\", or null where the server "
        + "wants none."
    case .refused(let address, let status, let message):
      "\(address): the server refused the request with HTTP status \(status)\(message.isEmpty ? "" : " (\(message))"); "
        + "expected 200. \(Self.advice(status))"
    case .failed(let address, let attempts, let reason):
      "\(address): no usable reply in \(attempts) \(attempts == 1 ? "attempt" : "attempts"); the last one: \(reason). "
        + "Replies that arrived are kept. Run the same command again to resume."
    }
  }

  private static func advice(_ status: Int) -> String {
    switch status {
    case 401, 403: "Check the key and its permissions."
    case 404: "Check the judge's \"baseURL\" and \"model\"."
    case 300..<400:
      "Name the address to which it leads as \"baseURL\": a key is not sent to an address that a server names."
    default: "Check the judge's \"model\" and \"parameters\"."
    }
  }
}

extension ChatEndpointError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .noKey: .missingInput
    case .refused, .failed: .failed
    }
  }
}
