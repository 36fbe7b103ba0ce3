import FlyingFox
import Foundation

/// Who is let in. A page of some web site can make its reader's browser talk to this machine: what comes from
/// elsewhere, by its `Host` or its `Origin`, is refused.
package struct Door: Sendable {
  /// The names by which this machine is called from itself.
  private static let loopback = ["localhost", "127.0.0.1", "[::1]"]

  /// The address that is listened on.
  package let address: String
  /// The key that clients must send; nil for none.
  private let key: String?

  /// A door.
  /// - Throws: ``ServingError/needsKey(address:)`` for an address that other machines reach, without a key.
  package init(address: String, key: String?) throws(ServingError) {
    self.address = address
    self.key = key
    guard isLoopback || key?.isEmpty == false else { throw .needsKey(address: address) }
  }

  /// Whether only this machine reaches the address.
  package var isLoopback: Bool { address.hasPrefix("127.") || address == "::1" }

  /// Refuses what comes from elsewhere, or without the key.
  /// - Parameter isOpen: Whether no key is asked for.
  func check(_ request: HTTPRequest, isOpen: Bool = false) throws(APIError) {
    let host = request.headers[.host] ?? ""
    if isLoopback {
      guard Self.loopback.contains(Self.name(of: host)) || Self.name(of: host) == address else {
        throw APIError(
          403, "Host: found \"\(host.prefix(100))\", expected localhost or 127.0.0.1", code: "foreign_host")
      }
    }
    if let origin = request.headers[HTTPHeader("Origin")] {
      // The scheme may be another one's, in front of whom this server stands.
      let own = ["http://\(host)", "https://\(host)"]
      guard own.contains(origin.lowercased()) || own.map({ $0.lowercased() }).contains(origin.lowercased()) else {
        throw APIError(
          403, "Origin: found \"\(origin.prefix(100))\", expected this server's own pages", code: "foreign_origin")
      }
    }
    if request.method != .GET, request.headers[HTTPHeader("Sec-Fetch-Site")] == "cross-site" {
      throw APIError(403, "Sec-Fetch-Site: found cross-site, expected this server's own pages", code: "foreign_origin")
    }
    guard let key, !isOpen else { return }
    guard Self.isSame(request.headers[.authorization] ?? "", "Bearer \(key)") else {
      throw APIError(
        401, "Authorization: expected \"Bearer\" and the key that this server was given",
        type: "authentication_error", code: "invalid_api_key")
    }
  }

  /// A host's name without its port.
  private static func name(of host: String) -> String {
    let host = host.lowercased()
    if host.hasPrefix("[") { return String(host.prefix { $0 != "]" }) + "]" }
    return String(host.prefix { $0 != ":" })
  }

  /// Compares in a time that does not tell how much is right.
  private static func isSame(_ left: String, _ right: String) -> Bool {
    let left = Array(left.utf8), right = Array(right.utf8)
    var difference = left.count ^ right.count
    for index in 0..<max(left.count, right.count) {
      difference |= Int(index < left.count ? left[index] : 0) ^ Int(index < right.count ? right[index] : 1)
    }
    return difference == 0
  }
}
