/// One part of a catalog model's file: a member of a wheel on PyPI, and the hashes that say it is the one.
package struct CatalogPart: Sendable, Hashable {
  /// The PyPI package whose wheel holds the part.
  package let package: String
  /// The package's version.
  package let version: String
  /// The part's path inside the wheel.
  package let member: String
  /// The part's size. It says where the parts behind it begin.
  package let bytes: Int
  /// The SHA-256 of the wheel, lower-case hexadecimal.
  package let wheelSHA256: String
  /// The SHA-256 of the part, lower-case hexadecimal.
  package let sha256: String

  /// Names a part.
  package init(
    _ package: String, _ version: String, _ member: String, bytes: Int, wheelSHA256: String, sha256: String
  ) {
    self.package = package
    self.version = version
    self.member = member
    self.bytes = bytes
    self.wheelSHA256 = wheelSHA256
    self.sha256 = sha256
  }

  /// The package as pip wants it named.
  var requirement: String { "\(package)==\(version)" }
}
