import Experiments
import ModelFiles
import Records
import Testing

@testable import Workbench

struct ExitStatusTests {
  @Test(arguments: [
    (WorkbenchError.missingFile(path: "a", tried: []), 66), (.noPrompts(detail: ""), 66), (.interrupted, 75),
    (.badOption(name: "--a", found: "", expected: ""), 64),
    (.malformed(path: "a", place: "", found: "", expected: ""), 65), (.diverged(step: 1, learningRate: 1), 65),
    (.tooFew(path: "a", found: 1, wanted: 2, key: "k"), 65), (.foreignPrompts(found: 1, expected: 2), 65),
  ]) func errorsOfTheWorkbench(error: WorkbenchError, status: Int) {
    #expect(ExitStatus(for: error).rawValue == Int32(status))
  }

  @Test(arguments: [
    (RecordsError.nothingMatches(prefix: "a", kind: "experiment", folder: "f"), 66),
    (.cannotWrite(path: "a", reason: ""), 73), (.damaged(folder: "a", reason: ""), 65),
  ]) func errorsOfTheStore(error: RecordsError, status: Int) {
    #expect(ExitStatus(for: error).rawValue == Int32(status))
  }

  @Test func anErrorOfNoKindIsAFailure() {
    struct Other: Error {}
    #expect(ExitStatus(for: Other()) == .failed)
    #expect(ExitStatus(for: ModelFileError.unknownModel(name: "a", known: [])) == .missingInput)
  }
}
