package import Foundation
import Messages

/// A report ready to be written: a markdown page, and the files beside it.
package struct ReportPage: Sendable {
  /// How a page is written.
  package enum Format: String, Sendable, CaseIterable {
    /// Markdown as GitHub renders it, with the charts beside it.
    case markdown
    /// One self-contained page.
    case html

    /// The page's file name.
    package var pageName: String { self == .markdown ? "report.md" : "report.html" }
  }

  /// The page.
  package let markdown: String
  /// Charts and data, in the order in which the page names them.
  package let files: [ReportFile]

  /// The charts among the files.
  var charts: [ReportFile] { files.filter { $0.name.hasSuffix(".svg") } }

  /// Writes the page and its files into a folder, which is made where it is missing, and returns the page's place.
  /// Throws ``ReportingError/cannotWrite(path:reason:)``.
  package func write(to folder: URL, as format: Format = .markdown) throws -> URL {
    let contents = format == .markdown ? markdown : HTMLPage(markdown: markdown, files: files).html
    // An HTML page holds its charts itself; the data are for other programs in either format.
    let beside = format == .html ? files.filter { !$0.name.hasSuffix(".svg") } : files
    var current = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for file in beside + [ReportFile(name: format.pageName, contents: contents)] {
        current = folder.appendingPathComponent(file.name)
        try Data(file.contents.utf8).write(to: current, options: .atomic)
      }
    } catch {
      throw ReportingError.cannotWrite(path: current.path, reason: SystemError.wording(error))
    }
    return folder.appendingPathComponent(format.pageName)
  }
}
