import EngineContract
import Foundation
import ModelFiles
import NativeEngine
import Stages
import TestSupport
import Testing

@testable import TransformersEngine

/// The worker's process: found, started, killed, started again, and gone in the end.
@Suite(.serialized, .enabled(if: SecondEngine.isAvailable, "\(SecondEngine.reason)"))
@EngineActor struct PythonWorkerTests {
  private func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  @Test func withoutAnEnvironmentTheCommandIsNamed() throws {
    let cache = try folder()
    #expect(throws: TransformersError.noEnvironment(path: cache.appending(path: "engine").path)) {
      try PythonEnvironment(cache: cache, variables: [:])
    }
    let message = TransformersError.noEnvironment(path: "/nowhere").description
    #expect(message.contains("make engine") && message.contains("ANTIPODE_ENGINE"))
  }

  /// What stands in for Python, and what is said of it.
  private func error(of script: String) throws -> TransformersError? {
    let python = try folder().appending(path: "python")
    try Data("#!/bin/bash\n\(script)\n".utf8).write(to: python)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python.path)
    let worker = try SecondEngine.makeWorker(variables: [PythonEnvironment.variable: python.path])
    do {
      try worker.started()
      return nil
    } catch {
      return error as? TransformersError
    }
  }

  @Test func anotherVersionIsRefusedByName() throws {
    let reply = #"{"id":1,"result":{"version":9,"packages":{},"python":"3"}}"#
    guard case .otherVersion(let found, let expected, _)? = try error(of: "read line; echo '\(reply)'; read line")
    else {
      Issue.record("another version is taken")
      return
    }
    #expect(found == "9" && expected == "1")
  }

  @Test func aPythonWithoutThePackageSaysWhy() throws {
    let found = try error(of: "echo 'No module named antipode_worker' >&2; exit 1")
    guard case .ended(let status, let log, let lines)? = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    #expect(status == "status 1" && lines.contains("No module named"))
    #expect(try String(contentsOfFile: log, encoding: .utf8).contains("No module named"))
  }

  @Test func nonsenseIsAFault() throws {
    guard case .fault(let message, _)? = try error(of: "read line; echo hello; read line") else {
      Issue.record("nonsense is taken")
      return
    }
    #expect(message.contains("JSON"))
  }

  /// Ten moments at which the worker is killed: each is one message, and the next request starts another.
  @Test func aKilledWorkerIsStartedAgain() throws {
    let worker = try SecondEngine.makeWorker(), conversation = try FoundModel("smollm2").conversation()
    let engine = try SecondEngine.second(SecondEngine.family("llama"), on: worker, conversation)
    let requests = (0..<6).map { GenerationRequest(turn: [5 + $0, 9], sample: $0) }
    func answers(killedAt moment: Int?) throws -> [GeneratedAnswer] {
      var tokens = 0
      return try engine.answers(
        to: requests, under: MethodSetup([.tokens([7, 8])]), sampling: .greedy(maximumTokens: 4, batchSize: 2),
        watch: GenerationWatch(onToken: { _, _ in
          if tokens == moment, let process = worker.processIdentifier { kill(process, SIGKILL) }
          tokens += 1
        }))
    }
    let expected = try answers(killedAt: nil)
    for moment in [0, 1, 3] {
      do {
        // What was told before the end came may have been all.
        #expect(try answers(killedAt: moment) == expected)
      } catch let TransformersError.ended(status, _, _) {
        #expect(status.hasPrefix("signal"))
      }
      #expect(try answers(killedAt: nil) == expected, "after a kill at \(moment)")
    }
    let process = try #require(worker.processIdentifier)
    worker.end()
    #expect(kill(process, 0) != 0, "a process is left")
  }

  /// What a watch throws ends the work, and the next one goes on.
  @Test func whatAWatchThrowsComesThrough() throws {
    struct Stop: Error {}
    try SecondEngine.withBoth(SecondEngine.family("llama")) { _, second in
      func answer(_ watch: GenerationWatch) throws -> [GeneratedAnswer] {
        try second.answers(
          to: [GenerationRequest(turn: [5, 9], sample: 0)], under: MethodSetup([.tokens([7])]),
          sampling: .greedy(maximumTokens: 5), watch: watch)
      }
      #expect(throws: Stop.self) { try answer(GenerationWatch(onToken: { _, _ in throw Stop() })) }
      let answers = try answer(GenerationWatch())
      #expect(answers.count == 1)
    }
  }
}
