package import Foundation
import JSON
import Stages

/// The Python process that computes, started with the first request, and again after one that ended it.
///
/// A class, since a process is one. It is used by one thread at a time.
package final class PythonWorker {
  /// The version of the messages.
  static let protocolVersion = 2

  /// What the worker runs on, as it tells.
  package struct Introduction: Sendable, Hashable {
    /// Packages with their versions, Python's among them.
    package var packages: String
    /// The GPUs with their driver; where there is none the threads, with which a processor's sums change.
    package var devices: String
  }

  /// Which process it is, from 1: models are loaded anew in another one.
  private(set) var generation = 0
  /// What the worker runs on; nil before it was started.
  package private(set) var introduction: Introduction?
  /// The folder of tensors that both sides write and read.
  let exchange: URL

  private let python: URL
  private let threads: Int
  private let logs: URL
  /// Asked ten times a second while it works; may throw to end it.
  var check: () throws -> Void
  private var process: PythonProcess?
  private var lastNumber = 0
  private var lastName = 0
  private var models: [ModelRequest: LoadedModel] = [:]

  /// A worker that is not started yet.
  /// - Parameters:
  ///   - environment: The Python that it runs in.
  ///   - threads: How many threads it computes with on a processor.
  ///   - logs: Where its log is kept when it fails.
  ///   - check: Asked ten times a second while it works; may throw to end it.
  package init(
    in environment: PythonEnvironment, threads: Int, logs: URL, check: @escaping () throws -> Void = {}
  ) throws {
    python = environment.python
    self.threads = threads
    self.logs = logs
    self.check = check
    exchange = FileManager.default.temporaryDirectory.appendingPathComponent("antipode-worker-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: exchange, withIntermediateDirectories: true)
  }

  deinit {
    process?.end()
    try? FileManager.default.removeItem(at: exchange)
  }

  /// The process's number; nil where none runs.
  var processIdentifier: Int32? { process?.identifier }

  /// Ends the process; the next request starts another.
  package func end() {
    process?.end()
    process = nil
    models = [:]
  }

  /// Starts the process where none runs, and tells what it runs on.
  @discardableResult
  package func started() throws -> Introduction {
    if process != nil, let introduction { return introduction }
    // A worker that ended by itself has removed it.
    try FileManager.default.createDirectory(at: exchange, withIntermediateDirectories: true)
    process = try PythonProcess(python: python, log: exchange.appendingPathComponent("worker.log"))
    generation += 1
    models = [:]
    let found = try call(
      "hello",
      [
        "protocol": .integer(Self.protocolVersion), "threads": .integer(threads), "folder": .string(exchange.path),
      ])
    let version = found["version"]?.integer ?? 0
    guard version == TransformersComputation.currentVersion else {
      end()
      throw TransformersError.otherVersion(
        found: "\(version)", expected: "\(TransformersComputation.currentVersion)", python: python.path)
    }
    var packages = (found["packages"]?.object?.sortedMembers ?? []).map { "\($0.key) \($0.value.string ?? "")" }
    packages.append("python \(found["python"]?.string ?? "")")
    let devices = (found["devices"]?.array ?? []).compactMap(\.string)
    let rest = ["cuda", "driver"].compactMap { key in found[key]?.string.flatMap { $0.isEmpty ? nil : "\(key) \($0)" } }
    let introduction = Introduction(
      packages: packages.joined(separator: ", "),
      devices: devices.isEmpty ? "processor, \(threads) threads" : (devices + rest).joined(separator: ", "))
    self.introduction = introduction
    return introduction
  }

  /// Asks for something, and waits for it.
  /// - Parameters:
  ///   - watch: Asked as often as ``check``.
  ///   - onEvent: Called with what the worker tells meanwhile; may throw to end the worker.
  func call(
    _ name: String, _ arguments: JSONValue, watch: () throws -> Void = {},
    onEvent: (JSONValue) throws -> Void = { _ in }
  ) throws -> JSONValue {
    if process == nil { try started() }
    guard let process else { throw TransformersError.fault("it was not started", log: logs.path) }
    lastNumber += 1
    var message = arguments.object ?? JSONObject()
    message["call"] = .string(name)
    message["id"] = .integer(lastNumber)
    do {
      try process.write(JSONValue.object(message).canonical + "\n")
      while true {
        let answer = try reply(of: process, watch)
        guard answer["id"]?.integer == lastNumber else { continue }
        if let event = answer["event"] {
          try onEvent(event)
        } else if let error = answer["error"] {
          throw failure(error)
        } else {
          return answer["result"] ?? .object(JSONObject())
        }
      }
    } catch let error as TransformersError {
      // What the worker refused it is ready to go on from; after anything else it is not known what it is at.
      if case .ended = error { end() }
      throw error
    } catch {
      end()
      throw error
    }
  }

  private func reply(of process: PythonProcess, _ watch: () throws -> Void) throws -> JSONValue {
    while true {
      try check()
      try watch()
      switch process.line(within: 100) {
      case .line(let text):
        do {
          return try JSONValue(parsing: text)
        } catch {
          throw TransformersError.fault("it wrote what is no JSON: \(error)", log: keptLog())
        }
      case .nothing: continue
      case .end:
        let status = process.end()
        throw TransformersError.ended(status: status, log: keptLog(), lastLines: lastLines())
      }
    }
  }

  private func failure(_ error: JSONValue) -> TransformersError {
    let message = error["message"]?.string ?? "no message"
    switch error["kind"]?.string {
    case "memory": return .memory(message)
    case "model": return .model(message)
    case "hub": return .hub(message)
    case "request": return .request(message)
    case "protocol":
      return .otherVersion(
        found: "another protocol (\(message))", expected: "\(Self.protocolVersion)", python: python.path)
    default: return .fault(message, log: keptLog())
    }
  }

  // MARK: Models and tensors

  /// A model, loaded where this process has not loaded it yet.
  func model(_ request: ModelRequest) throws -> LoadedModel {
    try started()
    if let model = models[request] { return model }
    let name = "model\(models.count)"
    var arguments = request.arguments
    arguments["name"] = .string(name)
    arguments["folder"] = .string(exchange.path)
    let model = try LoadedModel(name: name, describing: call("load", .object(arguments)))
    models[request] = model
    return model
  }

  /// A name for a file or an object that no other has.
  func newName(_ stem: String) -> String {
    lastName += 1
    return "\(stem)\(lastName)"
  }

  // MARK: The log

  /// The end of what the worker wrote to standard error.
  private func lastLines() -> String {
    let lines = logText.split(whereSeparator: \.isNewline).suffix(2).map { $0.trimmingCharacters(in: .whitespaces) }
    return lines.isEmpty ? "it left no message" : lines.joined(separator: " | ")
  }

  private var logText: String {
    let bytes = (try? Data(contentsOf: exchange.appendingPathComponent("worker.log"))) ?? Data()
    return String(decoding: bytes.suffix(1 << 20), as: UTF8.self)
  }

  /// Keeps the log where it outlives the worker.
  /// - Returns: Its path.
  private func keptLog() -> String {
    let place = logs.appendingPathComponent("worker-\(ProcessInfo.processInfo.processIdentifier).log")
    try? FileManager.default.createDirectory(at: logs, withIntermediateDirectories: true)
    try? Data(logText.utf8).write(to: place)
    return place.path
  }
}
