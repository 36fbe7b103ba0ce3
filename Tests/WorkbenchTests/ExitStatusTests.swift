import Compute
import Evaluation
import Messages
import ModelFiles
import Pipeline
import Records
import Reporting
import Testing

@testable import Workbench

struct ExitStatusTests {
  @Test(arguments: [
    (WorkbenchError.missingFile(path: "a", tried: []), 66), (.noPrompts(detail: ""), 66), (.interrupted, 75),
    (.badOption(name: "--a", found: "", expected: ""), 64),
    (.malformed(path: "a", place: "", found: "", expected: ""), 65),
  ]) func errorsOfTheWorkbench(error: WorkbenchError, status: Int) {
    #expect(error.exitStatus.rawValue == Int32(status))
  }

  @Test(arguments: [
    (PipelineError.diverged(step: 1, learningRate: 1), 65), (.foreignTokenizer(model: "m"), 65), (.noAnchors, 65),
    (.unhashed("prompt"), 1),
  ]) func errorsOfStages(error: PipelineError, status: Int) { #expect(error.exitStatus.rawValue == Int32(status)) }

  @Test(arguments: [
    (RecordsError.nothingMatches(prefix: "a", kind: "experiment", folder: "f"), 66),
    (.cannotWrite(path: "a", reason: ""), 73), (.damaged(folder: "a", reason: ""), 65),
  ]) func errorsOfTheStore(error: RecordsError, status: Int) {
    #expect(error.exitStatus.rawValue == Int32(status))
  }

  @Test func everyOtherWingsErrorSaysItsOwn() {
    #expect(ModelFileError.unknownModel(name: "a", known: []).exitStatus == .missingInput)
    #expect(EvaluationError.tooFew(path: "a", found: 1, wanted: 2, key: "k").exitStatus == .badData)
    #expect(ReportingError.cannotWrite(path: "a", reason: "").exitStatus == .cannotWrite)
    let error = #expect(throws: MemoryError.self) {
      try MemoryGuard(environment: ["ANTIPODE_MEMORY": "1"]).check(2, for: "a", advice: "")
    }
    #expect(error?.exitStatus == .systemError)
  }
}
