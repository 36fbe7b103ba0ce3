/// One file of a report.
package struct ReportFile: Sendable, Hashable {
  /// The file's name, without a folder.
  package let name: String
  /// The file's text.
  package let contents: String
}
