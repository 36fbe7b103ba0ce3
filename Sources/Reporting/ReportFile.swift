/// One file of a report.
public struct ReportFile: Sendable, Hashable {
  /// The file's name, without a folder.
  public let name: String
  /// The file's text.
  public let contents: String
}
