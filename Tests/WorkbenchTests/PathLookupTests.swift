import Foundation
import Testing

@testable import Workbench

struct PathLookupTests {
  private let folder: String

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("antipode-paths-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder + "/Experiments/Deep", withIntermediateDirectories: true)
    for name in ["Alpha.json", "beta.json", "BETA.json", "Deep/Gamma.json"] {
      try Data("{}".utf8).write(to: URL(filePath: folder + "/Experiments/" + name))
    }
  }

  @Test func aPathIsTakenAsGivenFirst() throws {
    for name in ["Alpha.json", "beta.json", "BETA.json"] {
      let path = "\(folder)/Experiments/\(name)"
      #expect(try PathLookup.find(path) == path)
    }
  }

  @Test func thenWithoutRegardToCase() throws {
    #expect(try PathLookup.find("\(folder)/experiments/alpha.json") == "\(folder)/Experiments/Alpha.json")
    #expect(try PathLookup.find("\(folder)/EXPERIMENTS/deep/GAMMA.json") == "\(folder)/Experiments/Deep/Gamma.json")
    // Of two that differ in case only, the same one every time.
    #expect(try PathLookup.find("\(folder)/experiments/Beta.json") == "\(folder)/Experiments/BETA.json")
  }

  @Test func aRelativePathMayBeginAtOtherFolders() throws {
    #expect(
      try PathLookup.find("deep/gamma.json", besides: [folder, folder + "/Experiments"])
        == "\(folder)/Experiments/Deep/Gamma.json")
  }

  @Test func whatIsNowhereNamesAllThatWasTried() throws {
    #expect {
      _ = try PathLookup.find("no/such.json", besides: ["/a", "/b"])
    } throws: { error in
      guard case WorkbenchError.missingFile(let path, let tried) = error else { return false }
      return path == "no/such.json" && tried == ["no/such.json", "/a/no/such.json", "/b/no/such.json"]
    }
  }
}
