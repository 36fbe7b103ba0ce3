/// This release of the tools.
package enum Release {
  /// The version, for records and for `--version`.
  package static let version = "0.1.0"

  /// What `--version` says.
  package static let line = "Antipode \(version)"
}
