import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The system's own wording of what went wrong.
package enum SystemError {
  /// The wording for the error that the last failed call left in `errno`.
  package static var last: String { wording(errno) }

  /// The wording of an error number.
  package static func wording(_ number: Int32) -> String { String(cString: strerror(number)) }

  /// The wording of an error that a library threw: that of the system's error under it, where there is one.
  package static func wording(_ error: any Error) -> String {
    if let error = error as? POSIXError { return wording(error.code.rawValue) }
    if let error = error as? URLError { return wording(error) }
    if let error = error as? CocoaError {
      if let system = error.underlying as? POSIXError { return wording(system.code.rawValue) }
      switch error.code {
      case .fileNoSuchFile, .fileReadNoSuchFile: return wording(ENOENT)
      case .fileWriteOutOfSpace: return wording(ENOSPC)
      case .fileReadNoPermission, .fileWriteNoPermission: return wording(EACCES)
      default: break
      }
    }
    let plain = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error) as NSError
    if plain.domain == NSPOSIXErrorDomain { return wording(Int32(plain.code)) }
    return error is CocoaError ? plain.localizedDescription : "\(error)"
  }

  /// The wording of an error on the network; on Linux, Foundation has none.
  private static func wording(_ error: URLError) -> String {
    switch error.code {
    case .timedOut: "no reply in time"
    case .cannotConnectToHost: "no server answers there"
    case .cannotFindHost, .dnsLookupFailed, .notConnectedToInternet: "the server's name is not known, or no network"
    case .networkConnectionLost: "the connection broke"
    case .secureConnectionFailed, .serverCertificateUntrusted, .serverCertificateHasUnknownRoot,
      .serverCertificateHasBadDate, .serverCertificateNotYetValid:
      "no secure connection"
    default: "network error \(error.code.rawValue)"
    }
  }
}
