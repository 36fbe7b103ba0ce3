package import Fingerprints
package import JSON

extension Fingerprint {
  /// The fingerprint of a JSON value: SHA-256 over its canonical form (RFC 8785).
  package init(of value: JSONValue) { self.init(ofBytes: Array(value.canonical.utf8)) }
}
