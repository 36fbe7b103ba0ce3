package import Decoding
package import EngineContract

extension NativeEngine {
  /// A method for a live batch.
  /// - Parameter key: What tells it from all others that the batch is given.
  package func liveMethod(_ method: MethodSetup, key: String) throws -> LiveMethod {
    LiveMethod(key: key, streams: try method.streams.map(liveStream), rule: method.rule)
  }

  private func liveStream(_ stream: EngineStream) throws -> LiveMethod.Stream {
    guard let gate = stream.gate else { return LiveMethod.Stream(try self.stream(stream)) }
    var closed = stream
    closed.edits = []
    let prompt = stream.prompt
    return LiveMethod.Stream(
      try self.stream(stream),
      gate: LiveMethod.Stream.Gate(closed: try self.stream(closed)) { [self] turn in
        let states = try hiddenStates(of: [prompt + [.tokens(turn)]], behind: [gate.block])
        return gate.isOpen(for: states.first?.first ?? [])
      })
  }
}
