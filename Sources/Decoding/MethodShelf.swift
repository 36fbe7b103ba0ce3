import Compute
import EngineContract
import LanguageModel

/// The methods that a live batch was given last, made ready, and the prompts that they share: those of one method at
/// many strengths are the same.
struct MethodShelf {
  private struct Prompt {
    let stream: GenerationStream
    let cache: KeyValueCache
  }

  /// The last used stand last.
  private var passes: [(key: String, pass: MethodPass)] = []
  private var prompts: [Prompt] = []

  private static let mostPasses = 64
  private static let mostPrompts = 32

  /// A method, as its gates let some turns through.
  mutating func pass(of method: LiveMethod, for turns: StreamTurns) throws -> MethodPass {
    var key = method.key, streams: [GenerationStream] = []
    for (index, stream) in method.streams.enumerated() {
      let isOpen = try stream.gate.map { try $0.isOpen(turns[index]) } ?? true
      if stream.gate != nil { key += isOpen ? " open" : " closed" }
      streams.append(isOpen ? stream.open : stream.gate?.closed ?? stream.open)
    }
    if let place = passes.firstIndex(where: { $0.key == key }) {
      let known = passes.remove(at: place)
      passes.append(known)
      return known.pass
    }
    let pass = try MethodPass(streams: streams, rule: method.rule) { (stream) throws(LanguageModelError) in
      try prompt(of: stream)
    }
    passes.append((key, pass))
    if passes.count > Self.mostPasses { passes.removeFirst() }
    return pass
  }

  private mutating func prompt(of stream: GenerationStream) throws(LanguageModelError) -> KeyValueCache {
    func isSame(_ known: Prompt) -> Bool {
      known.stream.model.isIdentical(to: stream.model) && known.stream.prompt == stream.prompt
    }
    let prompt =
      if let place = prompts.firstIndex(where: isSame) { prompts.remove(at: place) } else {
        Prompt(stream: stream, cache: try stream.model.prefix(stream.prompt))
      }
    prompts.append(prompt)
    if prompts.count > Self.mostPrompts { prompts.removeFirst() }
    return prompt.cache
  }
}
