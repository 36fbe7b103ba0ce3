package import Foundation
import JSON
package import ModelFiles
package import Tokenization

/// A second process of the worker's program, for what is asked while the first one answers: texts and tokens by models'
/// own tokenizers, and models of the hub. It is started when it is needed, and anew should it end.
///
/// A class, since a process is one; its calls wait for one another.
package final class TextWorker: @unchecked Sendable {
  private let worker: PythonWorker
  private let lock = NSLock()
  /// What the running process calls the tokenizers that it has read, by their models' paths.
  private var names: [String: String] = [:]
  private var generation = 0
  /// The tokenizers that were given out.
  private var known: [String: any OwnTokenizer] = [:]

  /// A worker that is not started yet.
  /// - Parameters:
  ///   - environment: The Python that it runs in.
  ///   - logs: Where its log is kept when it fails.
  package init(in environment: PythonEnvironment, logs: URL) throws {
    worker = try PythonWorker(in: environment, threads: 1, logs: logs)
  }

  /// The process's number; nil where none runs.
  var processIdentifier: Int32? { worker.processIdentifier }

  // MARK: Tokenizers

  /// A model's own tokenizer.
  /// - Parameter path: The folder, or the GGUF file.
  package func tokenizer(of path: String) throws -> any OwnTokenizer {
    try lock.withLock {
      if let known = known[path] { return known }
      let found = try WorkerTokenizer(path: path, describing: read(path).described, worker: self)
      known[path] = found
      return found
    }
  }

  /// Reads a tokenizer where the process has not read it yet.
  private func read(_ path: String) throws -> (name: String, described: JSONValue) {
    try worker.started()
    if generation != worker.generation { names = [:] }
    generation = worker.generation
    if let name = names[path] { return (name, .null) }
    let name = worker.newName("tokenizer")
    let described = try worker.call("tokenizer", ["path": .string(path), "name": .string(name)])
    names[path] = name
    return (name, described)
  }

  /// Asks something of a model's tokenizer; once more where the process ended over it.
  func call(_ name: String, of path: String, _ arguments: JSONObject) throws -> JSONValue {
    func ask() throws -> JSONValue {
      var arguments = arguments
      arguments["tokenizer"] = .string(try read(path).name)
      return try worker.call(name, .object(arguments))
    }
    return try lock.withLock {
      do {
        return try ask()
      } catch TransformersError.ended {
        return try ask()
      }
    }
  }

  // MARK: The hub

  /// A model of the hub as it was fetched.
  package struct FetchedModel: Sendable, Hashable {
    /// The folder.
    package var path: String
    /// The commit that its files are of.
    package var commit: String
  }

  /// Fetches a model into the cache of Hugging Face's own library, as far as it is not there.
  /// - Parameters:
  ///   - revision: A branch, tag or commit; nil for the main branch.
  ///   - watch: Told how far it is, and asked whether to stop.
  package func fetch(_ model: HubName, revision: String?, watch: FetchWatch) throws -> FetchedModel {
    try lock.withLock {
      try worker.started()
      worker.check = {
        if watch.isInterrupted() { throw ModelFileError.interruptedFetch(model: model.text, whole: 0, parts: 1) }
      }
      defer { worker.check = {} }
      var arguments = JSONObject()
      arguments["model"] = .string(model.text)
      arguments["revision"] = revision.map(JSONValue.string)
      let found = try worker.call("fetch", .object(arguments)) { event in
        guard let bytes = event["bytes"]?.integer, let total = event["total"]?.integer else { return }
        watch.onProgress(
          FetchProgress(part: 1, parts: 1, bytes: bytes, total: total, earlier: event["earlier"]?.integer ?? 0))
      }
      guard let path = found["path"]?.string, let commit = found["commit"]?.string else {
        throw TransformersError.fault("it tells no folder of \(model.text)", log: "standard error")
      }
      return FetchedModel(path: path, commit: commit)
    }
  }
}
