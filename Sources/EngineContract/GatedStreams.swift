extension Engine {
  /// Works on requests in groups for which the same gates are open, each under the method as it is for that group.
  /// - Parameters:
  ///   - turns: Of each request the turn of each stream.
  ///   - work: Given the places of a group's requests, and the method without gates; gives a result for each.
  /// - Returns: The results in the requests' order.
  package func gated<Result>(
    _ turns: [StreamTurns], under method: MethodSetup, work: ([Int], MethodSetup) throws -> [Result]
  ) throws -> [Result] {
    guard method.streams.contains(where: { $0.gate != nil }) else { return try work(Array(turns.indices), method) }
    var open = [[Bool]](repeating: [], count: turns.count)
    for (index, stream) in method.streams.enumerated() {
      guard let gate = stream.gate else {
        for place in turns.indices { open[place].append(true) }
        continue
      }
      let states = try hiddenStates(
        of: turns.map { stream.prompt + [.tokens($0[index])] }, behind: [gate.block])
      for (place, found) in states.enumerated() { open[place].append(gate.isOpen(for: found.first ?? [])) }
    }
    var results = [Result?](repeating: nil, count: turns.count)
    var seen: [[Bool]] = []
    for pattern in open where !seen.contains(pattern) {
      seen.append(pattern)
      var own = method
      for index in own.streams.indices {
        own.streams[index].gate = nil
        if !pattern[index] { own.streams[index].edits = [] }
      }
      let places = turns.indices.filter { open[$0] == pattern }
      for (place, result) in zip(places, try work(places, own)) { results[place] = result }
    }
    return results.compactMap(\.self)
  }

  /// The answers to some requests, made in groups as ``gated(_:under:work:)`` has them, and told as those of one work.
  /// - Parameter work: Answers a group's requests under the method without gates.
  package func gatedAnswers(
    to requests: [GenerationRequest], under method: MethodSetup, watch: GenerationWatch,
    work: ([GenerationRequest], MethodSetup, GenerationWatch) throws -> [GeneratedAnswer]
  ) throws -> [GeneratedAnswer] {
    var done = (answers: 0, tokens: 0)
    return try gated(requests.map(\.turns), under: method) { places, method in
      let before = done
      return try work(
        places.map { requests[$0] }, method,
        GenerationWatch(
          onToken: { try watch.onToken(places[$0], $1) }, onAnswer: { try watch.onAnswer(places[$0], $1) },
          onProgress: { progress in
            done = (before.answers + progress.answers, before.tokens + progress.tokens)
            try watch.onProgress(GenerationProgress(answers: done.answers, total: requests.count, tokens: done.tokens))
          }))
    }
  }
}
