import Experiments
import Foundation
import JSON
import Testing

@Suite struct ShippedManifestTests {
  private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Experiments")

  private static func schema() throws -> JSONValue {
    try JSONValue(
      parsing: String(contentsOf: folder.appendingPathComponent("schema/experiment.schema.json"), encoding: .utf8))
  }

  @Test(arguments: [
    "alpha", "alpha-longer", "anchor-size", "learning-rate", "prompt-initialization", "response-length", "term-weights",
    "tuning-steps", "adaptive", "seeds",
  ])
  func isReadableAndAsksItsQuestion(name: String) throws {
    let file = Self.folder.appendingPathComponent("\(name).json")
    let manifest = try Manifest(parsing: String(contentsOf: file, encoding: .utf8), named: file.path)
    #expect(manifest.name == name)
    #expect(manifest.question.hasSuffix("?"))
    #expect(!manifest.sweep.isEmpty && manifest.cells.contains { $0.label == "base" })
    for path in manifest.files {
      let data = Self.folder.deletingLastPathComponent().appendingPathComponent(path)
      #expect(FileManager.default.fileExists(atPath: data.path), "\(path) is not in the repository")
    }
  }

  /// The paper's tables and figures: each asks a question, and those that are its own recipe have no term, validation
  /// or source of refusals beside it.
  @Test func thePapersManifestsAreReadable() throws {
    let paper = Self.folder.appendingPathComponent("paper")
    let files = try ["", "faithful"].flatMap { folder in
      try FileManager.default.contentsOfDirectory(
        at: paper.appendingPathComponent(folder), includingPropertiesForKeys: nil
      ).filter { $0.pathExtension == "json" }
    }
    #expect(files.count == 12)
    for file in files {
      let manifest = try Manifest(parsing: String(contentsOf: file, encoding: .utf8), named: file.path)
      #expect(manifest.question.hasSuffix("?") && !manifest.cells.isEmpty)
      guard file.deletingLastPathComponent().lastPathComponent == "faithful" else { continue }
      let written = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
      #expect(written["anchors"] == ["size": 100, "refusalSource": "sampled"], "\(file.path)")
      #expect(written["tuning"] == ["steps": 67, "pairsPerStep": 9, "validationShare": 0], "\(file.path)")
    }
  }

  /// What is generated from the declared keys is what is committed: `make docs` writes it anew.
  @Test func schemaAndTablesAreOfTheDeclaredKeys() throws {
    let schema = Self.folder.appendingPathComponent("schema/experiment.schema.json")
    #expect(
      try String(contentsOf: schema, encoding: .utf8) == ManifestSchema.value.indented(isSorted: false) + "\n",
      "run `make docs`")
    let page = try String(
      contentsOf: Self.folder.deletingLastPathComponent().appendingPathComponent("docs/manifest.md"), encoding: .utf8)
    #expect(try ManifestTables.filled(page) == page, "run `make docs`")
    let stale = page.replacing("| `seed` |", with: "| `sed` |")
    #expect(try ManifestTables.filled(stale) == page)
    #expect(throws: ManifestError.self) {
      try ManifestTables.filled(page.replacing("<!-- keys: adapter -->", with: ""))
    }
  }

  @Test func theSchemaNamesTheKeysThatTheManifestKnows() throws {
    func keys(of schema: JSONValue, at place: String) -> [String] {
      (schema["properties"]?.object?.members ?? []).flatMap { member -> [String] in
        let path = place.isEmpty ? member.key : "\(place).\(member.key)"
        if place.isEmpty && ["sweep", "baselines"].contains(member.key) { return [path] }
        let items = member.value["items"].map { keys(of: $0, at: path + "[]") } ?? []
        return [path] + keys(of: member.value, at: path) + items
      }
    }
    #expect(keys(of: try Self.schema(), at: "").sorted() == ManifestKeys.all.sorted())
  }

  @Test func theSchemaOffersEverySettingToSweepsAndBaselines() throws {
    let schema = try Self.schema()
    let sweep = schema["properties"]?["sweep"]?["properties"]?.object?.keys
    let baselines = schema["properties"]?["baselines"]?["items"]?["properties"]?.object?.keys
    #expect(sweep?.sorted() == ManifestKeys.settable.sorted())
    #expect(baselines?.sorted() == ManifestKeys.settable.sorted())
  }

  @Test func theSchemasDefaultsAreTheManifests() throws {
    let resolved = try Manifest(["name": "x"]).resolved
    func compare(_ schema: JSONValue, _ value: JSONValue?, at path: String) {
      for member in schema["properties"]?.object?.members ?? [] {
        let inner = path.isEmpty ? member.key : "\(path).\(member.key)"
        guard !["$schema", "name", "sweep", "evaluation.sets"].contains(inner) else { continue }
        if member.value["type"] == "object" {
          compare(member.value, value?[member.key], at: inner)
        } else {
          #expect(member.value["default"] == value?[member.key], "\(inner)")
        }
      }
    }
    compare(try Self.schema(), resolved, at: "")
  }

  @Test func theSchemaForbidsOtherKeysEverywhere() throws {
    func check(_ schema: JSONValue, at path: String) {
      if schema["type"] == "object" {
        // Either the keys are listed, or all values are of one kind.
        let isMap = schema["properties"] == nil && schema["additionalProperties"]?.object != nil
        #expect(isMap || schema["additionalProperties"] == false, "\(path)")
      }
      for member in schema["properties"]?.object?.members ?? [] {
        check(member.value, at: "\(path)/\(member.key)")
      }
      if let items = schema["items"] { check(items, at: "\(path)/[]") }
    }
    check(try Self.schema(), at: "")
  }
}
