package import Foundation
import JSON
import Synchronization
package import Tokenization

/// A second process of the worker's program, for what is asked while the first one answers: texts and tokens by models'
/// own tokenizers. It is started when it is needed, and anew should it end.
///
/// A class, since a process is one; its calls wait for one another.
package final class TextWorker: Sendable {
  private let state: Mutex<State>

  /// A worker that is not started yet.
  /// - Parameters:
  ///   - environment: The Python that it runs in.
  ///   - logs: Where its log is kept when it fails.
  package init(in environment: PythonEnvironment, logs: URL) throws {
    state = Mutex(State(worker: try PythonWorker(in: environment, threads: 1, logs: logs)))
  }

  /// The process's number; nil where none runs.
  var processIdentifier: Int32? { state.withLock { $0.worker.processIdentifier } }

  /// The process, and what it has read.
  private struct State {
    let worker: PythonWorker
    /// What the running process calls the tokenizers that it has read, by their models' paths.
    private var names: [String: String] = [:]
    private var generation = 0
    /// The tokenizers that were described.
    var known: [String: TokenizerDescription] = [:]

    init(worker: PythonWorker) { self.worker = worker }

    /// Reads a tokenizer where the process has not read it yet.
    mutating func read(_ path: String) throws -> (name: String, described: JSONValue) {
      try worker.started()
      if generation != worker.generation { names = [:] }
      generation = worker.generation
      if let name = names[path] { return (name, .null) }
      let name = worker.newName("tokenizer")
      let described = try worker.call("tokenizer", ["path": .string(path), "name": .string(name)])
      names[path] = name
      return (name, described)
    }

    mutating func call(_ name: String, of path: String, _ arguments: JSONObject) throws -> JSONValue {
      var arguments = arguments
      arguments["tokenizer"] = .string(try read(path).name)
      return try worker.call(name, .object(arguments))
    }
  }

  /// A model's own tokenizer.
  /// - Parameter path: The folder, or the GGUF file.
  package func tokenizer(of path: String) throws -> any OwnTokenizer {
    let description = try state.withLock { state in
      if let known = state.known[path] { return known }
      let found = try TokenizerDescription(own: state.read(path).described, path: path)
      state.known[path] = found
      return found
    }
    return WorkerTokenizer(path: path, description: description, worker: self)
  }

  /// Asks something of a model's tokenizer; once more where the process ended over it.
  func call(_ name: String, of path: String, _ arguments: JSONObject) throws -> JSONValue {
    try state.withLock { state in
      do {
        return try state.call(name, of: path, arguments)
      } catch TransformersError.ended {
        return try state.call(name, of: path, arguments)
      }
    }
  }
}
