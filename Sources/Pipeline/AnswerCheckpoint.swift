import EngineContract
import Foundation
import JSON
import Messages
import Records

/// The answers of a stage that is not finished, a line each as they come, so that a process that ends before its time
/// loses none that was complete.
///
/// An answer depends on its request alone, never on what else is in the batch, so those that are there already need not
/// be made again, and the rest come out as they would have.
struct AnswerCheckpoint {
  private struct Line: Codable {
    var index: Int
    var tokens: [Int]
    var ended: Bool
    /// A hash of the rest and of the kind of machine: a line that was damaged, or made elsewhere, is as good as none.
    var seal: String

    init(index: Int, _ answer: GeneratedAnswer, on machine: String) {
      self.index = index
      tokens = answer.tokens
      ended = answer.ended
      seal = Self.seal(index, answer.tokens, answer.ended, machine)
    }

    func isWhole(on machine: String) -> Bool { seal == Self.seal(index, tokens, ended, machine) }

    private static func seal(_ index: Int, _ tokens: [Int], _ ended: Bool, _ machine: String) -> String {
      String(SealedCheckpoint.seal(of: Data("\(index) \(ended) \(tokens)".utf8), on: machine).prefix(16))
    }
  }

  private let file: URL
  private let machine: String

  /// The checkpoint of that name in a stage's work folder, on a kind of machine.
  init(in folder: URL, named name: String = "answers", on machine: String) {
    file = folder.appendingPathComponent("\(name).jsonl")
    self.machine = machine
  }

  /// The answers to all requests, in their order: those that an earlier process left, and the others made now.
  /// - Parameters:
  ///   - isWanted: Which requests are answered, by their places; the others have nil where no answer is there.
  ///   - onProgress: Called with the progress over all that are wanted, and how many answers were there before.
  func answers(
    to requests: [GenerationRequest], by engine: any Engine, under method: MethodSetup, sampling: AnswerSampling,
    where isWanted: (Int) -> Bool = { _ in true },
    onProgress: @escaping (GenerationProgress, Int) throws -> Void
  ) throws -> [GeneratedAnswer] {
    var found = earlier(requests.count, upTo: sampling.maximumTokens, of: engine.dimensions.vocabularySize)
    let rest = requests.indices.filter { found[$0] == nil && isWanted($0) }
    let wanted = requests.indices.count(where: isWanted), before = wanted - rest.count
    if !rest.isEmpty {
      let handle = try opened()
      defer { try? handle.close() }
      let made = try engine.answers(
        to: rest.map { requests[$0] }, under: method, sampling: sampling,
        watch: GenerationWatch(
          onAnswer: { place, answer in
            let line = try JSONLines.text(of: [Line(index: rest[place], answer, on: machine)])
            do {
              try handle.write(contentsOf: Data(line.utf8))
            } catch {
              throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
            }
          },
          onProgress: { progress in
            try onProgress(
              GenerationProgress(answers: before + progress.answers, total: wanted, tokens: progress.tokens),
              before)
          }))
      for (index, answer) in zip(rest, made) { found[index] = answer }
    }
    return requests.indices.map { found[$0] ?? GeneratedAnswer(tokens: [], ended: false) }
  }

  /// What an earlier process left, as far as it is whole and can be an answer.
  private func earlier(_ count: Int, upTo maximumTokens: Int, of vocabularySize: Int) -> [Int: GeneratedAnswer] {
    guard let data = try? Data(contentsOf: file) else { return [:] }
    var found: [Int: GeneratedAnswer] = [:]
    for text in JSONLines.lines(of: data) {
      guard let element = try? JSONElement(parsing: text.bytes),
        let line = try? JSONValue(element).decoded(as: Line.self), line.isWhole(on: machine),
        (0..<count).contains(line.index),
        line.tokens.count <= maximumTokens, line.ended || line.tokens.count == maximumTokens,
        line.tokens.allSatisfy({ (0..<vocabularySize).contains($0) })
      else { continue }
      found[line.index] = GeneratedAnswer(tokens: line.tokens, ended: line.ended)
    }
    return found
  }

  /// The file, open at its end; a line that was cut off is ended first, so that the next is whole.
  private func opened() throws -> FileHandle {
    do {
      if !FileManager.default.fileExists(atPath: file.path) { try Data().write(to: file) }
      let handle = try FileHandle(forUpdating: file)
      let end = try handle.seekToEnd()
      if end > 0 {
        try handle.seek(toOffset: end - 1)
        let last = try handle.read(upToCount: 1)
        try handle.seekToEnd()
        if last != Data([UInt8(ascii: "\n")]) { try handle.write(contentsOf: Data([UInt8(ascii: "\n")])) }
      }
      return handle
    } catch {
      throw RecordsError.cannotWrite(path: file.path, reason: SystemError.wording(error))
    }
  }
}
