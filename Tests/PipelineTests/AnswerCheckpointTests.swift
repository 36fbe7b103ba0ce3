import EngineContract
import Foundation
import NativeEngine
import Stages
import TestSupport
import Testing
import Tokenization

@testable import Pipeline

/// Answers that outlive their process, on the real model.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"))
struct AnswerCheckpointTests {
  private let folder: URL
  private let engine: any Engine
  private let method: MethodSetup
  private let sampling = AnswerSampling(
    SamplingParameters(temperature: 1, topP: 1, topK: 0), seed: 3, maximumTokens: 6)
  private let requests: [GenerationRequest]

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "antipode-answers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let engine = try NativeEngine.small()
    self.engine = engine
    let frame = try engine.conversation.frame(.text(""))
    method = MethodSetup([.tokens(frame.beforePrompt)])
    requests = try ["Say one.", "Say two.", "Say three.", "Say four.", "Say five."].enumerated().map {
      GenerationRequest(turn: try frame.turn($1), sample: $0)
    }
  }

  private var file: URL { folder.appending(path: "answers.jsonl") }

  /// The answers, and how many were there before.
  private func answers(on machine: String = "m") throws -> (answers: [GeneratedAnswer], before: Int) {
    var known = requests.count
    let answers = try AnswerCheckpoint(in: folder, on: machine).answers(
      to: requests, by: engine, under: method, sampling: sampling, onProgress: { _, before in known = before })
    return (answers, known)
  }

  @Test func whatIsThereIsNotMadeAgain() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try engine.answers(
      to: requests, under: method, sampling: sampling, watch: GenerationWatch())
    let first = try answers()
    #expect(first.answers == expected && first.before == 0)
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    // Cut in the middle of the third line, as by a kill.
    try Data((lines[0] + "\n" + lines[1] + "\n" + lines[2].prefix(20)).utf8).write(to: file)
    let second = try answers()
    #expect(second.answers == expected && second.before == 2)
    let third = try answers()
    #expect(third.answers == expected && third.before == 5)
  }

  @Test func aWrongTokenIsNotBelieved() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try answers().answers
    let text = try String(contentsOf: file, encoding: .utf8)
    let tokens = try #require(text.firstMatch(of: /"tokens":\[(\d+)/))
    try Data(text.replacingCharacters(in: tokens.output.1.startIndex..<tokens.output.1.endIndex, with: "17").utf8)
      .write(to: file)
    let after = try answers()
    #expect(after.answers == expected && after.before == 4)
  }

  @Test func anotherMachinesAnswersAreNotGoneOnFrom() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let expected = try answers(on: "m").answers
    let other = try answers(on: "n")
    #expect(other.before == 0 && other.answers == expected)
  }
}
