package import Foundation
import Messages
import Pages

/// A report ready to be written: a markdown page, and the files beside it.
package struct ReportPage: Sendable {
  /// How a page is written.
  package enum Format: String, Sendable, CaseIterable {
    /// Markdown as GitHub renders it, with the charts beside it.
    case markdown
    /// One self-contained page.
    case html

    /// The format that a file's name says, or nil.
    package init?(ofFile name: String) {
      switch URL(fileURLWithPath: name).pathExtension.lowercased() {
      case "md", "markdown": self = .markdown
      case "html", "htm": self = .html
      default: return nil
      }
    }

    /// The page's usual file name.
    package var pageName: String { self == .markdown ? "report.md" : "report.html" }
  }

  /// The page.
  package let markdown: String
  /// Charts and data, in the order in which the page names them.
  package let files: [ReportFile]
  /// All answers, which the HTML page alone has; nil for none.
  let answers: (@Sendable () -> AnswersDocument)?

  init(markdown: String, files: [ReportFile], answers: (@Sendable () -> AnswersDocument)? = nil) {
    self.markdown = markdown
    self.files = files
    self.answers = answers
  }

  /// The charts among the files.
  var charts: [ReportFile] { files.filter { $0.name.hasSuffix(".svg") } }

  /// The page as HTML, its charts inside it.
  /// - Throws: What encoding the answers throws.
  package var html: String {
    get throws {
      let answers = answers.map { $0() }
      let browser = try answers.flatMap { $0.isEmpty ? nil : try AnswerBrowser($0) }
      return HTMLPage(markdown: markdown, files: files, browser: browser).html
    }
  }

  /// Writes the page and its files into a folder, which is made where it is missing, and returns the page's place.
  /// - Parameter name: The page's file name; nil for the usual one.
  /// - Throws: ``ReportingError/cannotWrite(path:reason:)``.
  package func write(to folder: URL, named name: String? = nil, as format: Format = .markdown) throws -> URL {
    let name = name ?? format.pageName
    let contents = format == .markdown ? markdown : try html
    // An HTML page holds its charts itself; the data are for other programs in either format.
    let beside = format == .html ? files.filter { !$0.name.hasSuffix(".svg") } : files
    var current = folder
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for file in beside + [ReportFile(name: name, contents: contents)] {
        current = folder.appendingPathComponent(file.name)
        try Data(file.contents.utf8).write(to: current, options: .atomic)
      }
    } catch {
      throw ReportingError.cannotWrite(path: current.path, reason: SystemError.wording(error))
    }
    return folder.appendingPathComponent(name)
  }
}
