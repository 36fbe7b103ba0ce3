import ArgumentParser
import Foundation
import Records
import Reporting
import Workbench

struct StoreOptions: ParsableArguments {
  @Option(name: .long, help: "The folder of the artifact store (default: $ANTIPODE_STORE, or .antipode).")
  var store: String?

  @Flag(name: .long, help: "Print one JSON document on standard output.")
  var json = false

  var artifacts: ArtifactStore {
    ArtifactStore(folder: store.map { URL(fileURLWithPath: $0) } ?? Workspace.defaultStore())
  }
}

struct ComputeOptions: ParsableArguments {
  @Option(name: .long, help: "How many threads to use (default: all cores). Results do not depend on it.")
  var threads: Int?

  @Flag(name: .long, help: "Tell no progress on standard error.")
  var quiet = false

  func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads: found \(threads), expected at least 1") }
  }
}

/// Runs a command's work; an error becomes one message and its exit status.
func reporting(_ work: () throws -> Void) throws {
  do {
    try work()
  } catch let error as ExitCode {
    throw error
  } catch let error as ReportingError {
    _ = ToolFailure.report(error, tool: "ablate")
    if case .cannotWrite = error { throw ExitCode(ExitStatus.cannotWrite.rawValue) }
    throw ExitCode(ExitStatus.missingInput.rawValue)
  } catch {
    throw ExitCode(ToolFailure.report(error, tool: "ablate"))
  }
}
