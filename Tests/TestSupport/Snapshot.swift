import Foundation
package import Testing

/// Compares texts with files in the folder `Snapshots` beside the test's source, byte for byte.
///
/// `ANTIPODE_RECORD_SNAPSHOTS=1 swift test --filter ReportingTests` writes the files anew; look at what changed before
/// it is kept.
package enum Snapshot {
  /// Expects `text` to be the file's.
  package static func expect(
    _ text: String, equals name: String, filePath: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let folder = URL(filePath: filePath).deletingLastPathComponent().appending(path: "Snapshots")
    let file = folder.appending(path: name)
    if ProcessInfo.processInfo.environment["ANTIPODE_RECORD_SNAPSHOTS"] != nil {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    let (found, wanted) = (text.components(separatedBy: "\n"), expected.components(separatedBy: "\n"))
    let line = zip(found, wanted).enumerated().first { $0.element.0 != $0.element.1 }
    #expect(
      text == expected, "\(name), line \((line?.offset ?? min(found.count, wanted.count)) + 1)",
      sourceLocation: sourceLocation)
  }
}
