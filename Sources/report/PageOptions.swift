import ArgumentParser
import Foundation
import Records
import Reporting
import ToolOptions

/// How a page is written, and where.
struct PageOptions: ParsableArguments {
  @Option(
    name: .long,
    help:
      "markdown with separate charts, or html, one self-contained page (default: as --output ends, or markdown).")
  var format: ReportPage.Format?

  @Option(
    name: .long, help: "A folder, or a file ending in .html or .md (default: reports/HASH in the store).")
  var output: String?

  @OptionGroup var storeOption: StoreOption

  var store: ArtifactStore { storeOption.artifacts }

  func validate() throws {
    guard let format, let output, let named = ReportPage.Format(ofFile: output), named != format else { return }
    throw ValidationError(
      "--format: found \(format.rawValue), expected \(named.rawValue), which the file of --output, \(output), says")
  }

  /// Writes a page.
  /// - Parameter name: What the folder is called where no option says it.
  func write(_ page: ReportPage, named name: String) throws -> URL {
    guard let output else {
      let folder = store.folder.appendingPathComponent("reports").appendingPathComponent(name)
      return try page.write(to: folder, as: format ?? .markdown)
    }
    let place = URL(fileURLWithPath: output)
    guard let named = ReportPage.Format(ofFile: output), !isFolder(output) else {
      return try page.write(to: place, as: format ?? .markdown)
    }
    return try page.write(to: place.deletingLastPathComponent(), named: place.lastPathComponent, as: named)
  }

  private func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
  }
}

extension ReportPage.Format: ExpressibleByArgument {}
