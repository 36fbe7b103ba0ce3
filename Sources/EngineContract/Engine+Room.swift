import Compute

extension Engine {
  /// How many tokens an answer may have at most: the positions of the method's streams that their prompts and some
  /// turns leave. Below 1, the turns are too long for a model.
  package func room(for turns: StreamTurns, under method: MethodSetup) -> Int {
    method.streams.enumerated().map { index, stream in
      let limit =
        switch stream.model {
        case .target, .adapted: dimensions.positionLimit
        case .other(let engine): engine.dimensions.positionLimit
        }
      return limit - stream.prompt.reduce(0) { $0 + $1.count } - turns[index].count
    }.min() ?? 0
  }
}

extension PromptPart {
  /// The number of positions.
  fileprivate var count: Int {
    switch self {
    case .tokens(let tokens): tokens.count
    case .rows(let rows): rows.rows
    }
  }
}
