import Experiments
import Foundation
import JSON

/// Writes what is generated from the declared keys of manifests: the schema for editors, and the tables of the manual.
/// `make docs` runs it; a test fails where they are out of step.
@main
struct ManifestReference {
  static func main() throws {
    do {
      try write()
    } catch let error as ManifestError {
      FileHandle.standardError.write(Data("docs/manifest.md: \(error)\n".utf8))
      exit(1)
    }
  }

  private static func write() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let schema = root.appending(path: "Experiments/schema/experiment.schema.json")
    try Data((ManifestSchema.value.indented(isSorted: false) + "\n").utf8).write(to: schema, options: .atomic)
    let page = root.appending(path: "docs/manifest.md")
    let text = try ManifestTables.filled(String(contentsOf: page, encoding: .utf8))
    try Data(text.utf8).write(to: page, options: .atomic)
  }
}
