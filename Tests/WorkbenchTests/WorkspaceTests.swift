import Compute
import Foundation
import Messages
import Records
import Stages
import Testing

@testable import Workbench

struct WorkspaceTests {
  private func workspace(_ variables: [String: String]) throws -> Workspace {
    try Workspace(
      store: ArtifactStore(folder: FileManager.default.temporaryDirectory.appendingPathComponent("nothing")),
      threads: 1, progress: ProgressReporter(isQuiet: true), variables: variables)
  }

  /// bfloat16 is told to be slow where the processor lacks its instruction, and nothing else is.
  @Test func aPrecisionThatIsSlowHereIsTold() throws {
    for set in KernelSet.available {
      let workspace = try workspace(["ANTIPODE_KERNELS": set.name])
      let warning = workspace.warning(of: .bfloat16)
      #expect((warning == nil) == (set.name == "avx512-bf16"))
      #expect(warning?.contains("kernels \(set.name)") != false)
      #expect(workspace.warning(of: .float32) == nil && workspace.warning(of: .int8) == nil)
    }
  }

  /// The variable's set computes, and the record of the environment names it.
  @Test func kernelsAreThoseThatTheVariableNames() throws {
    for set in KernelSet.available {
      let workspace = try workspace(["ANTIPODE_KERNELS": set.name])
      #expect(workspace.context.kernels.name == set.name && workspace.environment["kernels"] == set.name)
    }
    #expect(try workspace([:]).context.kernels.name == KernelSet.best.name)
    let error = #expect(throws: KernelSetError.self) { try workspace(["ANTIPODE_KERNELS": "none"]) }
    #expect(error?.exitStatus == .usage)
  }
}
