import Compute
import EngineContract
import Foundation
package import LanguageModel
import Randomness
import Synchronization

/// Sequences that are worked on together, under any methods: the rows of all their streams are one batch for each
/// model, so a step reads the weights once. Sequences join and leave between steps.
///
/// A sequence's tokens depend on its request and its method, never on what else is in the batch nor on how its turn is
/// split over steps.
package struct SequenceBatch {
  private struct Sequence {
    let id: Int
    let method: MethodPass
    let request: SequenceRequest
    /// Of each stream its model's place in `models`, and its slot there.
    let places: [(model: Int, slot: Int)]
    /// What is not yet run, of each stream.
    var pending: [[Int]]
    /// How many tokens were chosen.
    var chosen = 0
  }

  /// What a step runs of a sequence.
  private struct Part {
    let sequence: Int
    /// How many rows of each stream.
    let rows: [Int]
    /// Of how many of a stream's rows the logits are wanted.
    let kept: Int
    /// Whether a token is chosen.
    let isLast: Bool
    /// Where its rows begin among its group's.
    var offset = 0
  }

  /// The parts under one method. Of each stream all parts' rows stand together.
  private struct Group {
    let method: MethodPass
    var parts: [Part] = []
    /// Rows of one stream.
    var rows = 0
    /// Where the group begins in the logits.
    var first = 0

    var streams: Int { method.models.count }
    func row(of part: Part, stream: Int) -> Int { first + stream * rows + part.offset }
  }

  private var models: [BatchedModel] = []
  private var sequences: [Sequence] = []
  private var joined = 0
  private var logits = Matrix(rows: 0, columns: 0)

  package init() {}

  /// How many sequences there are.
  package var count: Int { sequences.count }

  /// The bytes of all keys and values, those that are kept for sequences to come among them.
  package var bytes: Int { models.reduce(0) { $0 + $1.bytes } }

  /// Takes a sequence in.
  /// - Parameter positions: The most that it may have behind its prompts, turn and answer together.
  /// - Returns: Its number.
  package mutating func join(_ request: SequenceRequest, under method: MethodPass, positions: Int) -> Int {
    let places = method.models.map { model in
      let place =
        models.firstIndex { $0.model.isIdentical(to: model) }
        ?? {
          models.append(BatchedModel(model))
          return models.count - 1
        }()
      return (place, models[place].takeSlot(positions: positions))
    }
    joined += 1
    sequences.append(
      Sequence(
        id: joined, method: method, request: request, places: places,
        pending: method.models.indices.map { request.turns[$0] }))
    return joined
  }

  /// Lets a sequence go. Its memory is kept for another one.
  package mutating func leave(_ id: Int) {
    guard let index = sequences.firstIndex(where: { $0.id == id }) else { return }
    for place in sequences.remove(at: index).places { models[place.model].free(slot: place.slot) }
  }

  /// Gives back the memory that no sequence uses.
  package mutating func giveBackMemory() {
    if sequences.isEmpty { return models = [] }
    for index in models.indices { models[index].giveBackMemory() }
  }

  /// Runs what the sequences have to run, and chooses a token for each that is through its turn.
  /// - Parameter turnRows: How many rows of turns at most; a longer turn takes several steps. At least as many as a
  ///   method has streams.
  /// - Returns: What it did, in the order in which the sequences joined.
  /// - Throws: `LanguageModelError` for an unknown token, or a sequence that is too long.
  package mutating func step(turnRows: Int = .max) throws(LanguageModelError) -> [SequenceStep] {
    let groups = arrange(parts(turnRows: turnRows))
    guard let first = groups.first else { return [] }
    if logits.columns != first.method.vocabularySize {
      logits = Matrix(rows: 0, columns: first.method.vocabularySize)
    }
    try run(groups)
    return choose(groups).sorted { $0.sequence < $1.sequence }
  }

  // MARK: What is run

  private func parts(turnRows: Int) -> [Part] {
    var rest = turnRows
    return sequences.indices.compactMap { index in
      let sequence = sequences[index], counts = sequence.pending.map(\.count), total = counts.reduce(0, +)
      if sequence.chosen > 0 { return Part(sequence: index, rows: counts, kept: 1, isLast: true) }
      if total <= rest {
        rest -= total
        return Part(sequence: index, rows: counts, kept: sequence.request.tellsPrompt ? counts[0] : 1, isLast: true)
      }
      // A stream's last row waits for those of the others.
      let share = rest / counts.count, rows = counts.map { min(share, $0 - 1) }
      rest = 0
      guard rows.contains(where: { $0 > 0 }) else { return nil }
      return Part(sequence: index, rows: rows, kept: sequence.request.tellsPrompt ? rows[0] : 0, isLast: false)
    }
  }

  private func arrange(_ parts: [Part]) -> [Group] {
    var groups: [Group] = []
    for var part in parts {
      let method = sequences[part.sequence].method
      let place =
        groups.firstIndex { $0.method === method }
        ?? {
          groups.append(Group(method: method))
          return groups.count - 1
        }()
      part.offset = groups[place].rows
      groups[place].rows += part.kept
      groups[place].parts.append(part)
    }
    var first = 0
    for index in groups.indices {
      groups[index].first = first
      first += groups[index].rows * groups[index].streams
    }
    return groups
  }

  /// Runs the parts' rows on their models and puts the logits where their groups have them.
  private mutating func run(_ groups: [Group]) throws(LanguageModelError) {
    logits.resize(rows: groups.reduce(0) { $0 + $1.rows * $1.streams })
    for place in models.indices {
      var inputs: [SequenceInput] = [], kept: [Int] = [], rows: [Int] = []
      for group in groups {
        for stream in 0..<group.streams where models[place].model.isIdentical(to: group.method.models[stream]) {
          for part in group.parts where part.rows[stream] > 0 {
            let sequence = sequences[part.sequence]
            inputs.append(
              SequenceInput(
                embeddings: try models[place].model.embed(Array(sequence.pending[stream].prefix(part.rows[stream]))),
                slot: sequence.places[stream].slot, prefix: group.method.prefixes[stream]))
            kept.append(part.kept)
            let row = group.row(of: part, stream: stream)
            rows += row..<row + part.kept
          }
        }
      }
      if !inputs.isEmpty { try models[place].run(inputs, keeping: kept, into: &logits, rows: rows) }
    }
  }

  // MARK: What is chosen

  /// What rows say before and after they are combined, for those of which something is told.
  private struct Told {
    var likeliest: [TokenLikelihood.Ranked] = []
    var normalizer = 0.0
    /// Of the first stream before it is combined with the others, `[vocabulary]`.
    var own: [Float] = []
    /// Of each stream before.
    var normalizers: [Double] = []
    var favorite = 0
  }

  private mutating func choose(_ groups: [Group]) -> [SequenceStep] {
    var steps: [SequenceStep] = []
    for group in groups {
      let told = combine(group)
      let last = group.parts.filter(\.isLast)
      let tokens = chosen(group, last)
      for (part, token) in zip(last, tokens) {
        steps.append(step(of: part, in: group, choosing: token, told))
        sequences[part.sequence].pending = Array(repeating: [token], count: group.streams)
        sequences[part.sequence].chosen += 1
      }
      for part in group.parts where !part.isLast {
        steps.append(step(of: part, in: group, choosing: nil, told))
        for stream in 0..<group.streams {
          sequences[part.sequence].pending[stream].removeFirst(part.rows[stream])
        }
      }
    }
    return steps
  }

  /// Combines a group's rows; gives what is told of some.
  private mutating func combine(_ group: Group) -> [Int: Told] {
    var ranks = [Int?](repeating: nil, count: group.rows), steps = [Int](repeating: 0, count: group.rows)
    var traced = [Bool](repeating: false, count: group.rows)
    for part in group.parts {
      let sequence = sequences[part.sequence]
      // Where a turn's own tokens are told of, it counts as if it were the answer's beginning.
      let before = sequence.chosen + (sequence.request.tellsPrompt ? told(of: sequence) : 0)
      for row in 0..<part.kept {
        ranks[part.offset + row] = sequence.request.ranks
        steps[part.offset + row] = before + row
        traced[part.offset + row] = sequence.request.tellsSteps && part.isLast && row == part.kept - 1
      }
    }
    let rule = group.method.rule, found = Mutex<[Int: Told]>([:])
    guard rule.streams > 1 || ranks.contains(where: { $0 != nil }) || traced.contains(true) else { return [:] }
    let frozen = (ranks, steps, traced)
    group.method.context.combineStreams(
      &logits, from: group.first, sequences: group.rows, streams: group.streams
    ) { row, rows in
      let (ranks, steps, traced) = frozen
      var told = Told()
      if traced[row] {
        told.own = (0..<rows.vocabulary).map { rows[0, $0] }
        told.normalizers = (0..<rows.streams).map { rows.logNormalizer(of: $0) }
        told.favorite = rows.likeliest(in: 0)
      }
      if rule.streams > 1 { rule.combine(rows, step: steps[row]) }
      guard ranks[row] != nil || traced[row] else { return }
      told.normalizer = rows.logNormalizer(of: 0)
      if let count = ranks[row], count > 0 {
        told.likeliest = rows.likeliest(min(count, rows.vocabulary), in: 0).map {
          TokenLikelihood.Ranked(token: $0, logProbability: Double(rows[0, $0]) - told.normalizer)
        }
      }
      let result = told
      found.withLock { $0[row] = result }
    }
    return found.withLock { $0 }
  }

  /// How many tokens of a turn count as the answer's, as far as they have been run: all but the first.
  private func told(of sequence: Sequence) -> Int {
    let turn = sequence.request.turns[0].count
    return sequence.chosen == 0 ? turn - sequence.pending[0].count : turn - 1
  }

  private func chosen(_ group: Group, _ parts: [Part]) -> [Int] {
    let context = group.method.context
    let choices = parts.map { (sequences[$0.sequence].request.choice, sequences[$0.sequence].chosen) }
    let rows = parts.map { group.row(of: $0, stream: 0) + $0.kept - 1 }
    if choices.allSatisfy({ $0.0.sampler == .greedy }) { return context.largest(of: logits, inRows: rows) }
    return context.map(parts.count) { index in
      let (choice, step) = choices[index]
      var random = CounterRandom(seed: choice.seed, purpose: .sampling, sample: choice.sample, step: step)
      return choice.sampler.token(from: logits[row: rows[index]], random: &random)
    }
  }

  private func step(of part: Part, in group: Group, choosing token: Int?, _ told: [Int: Told]) -> SequenceStep {
    let sequence = sequences[part.sequence], first = group.row(of: part, stream: 0)
    var step = SequenceStep(sequence: sequence.id, token: token)
    func likelihood(_ token: Int, _ row: Int) -> TokenLikelihood? {
      guard sequence.request.ranks != nil, let told = told[part.offset + row] else { return nil }
      return TokenLikelihood(
        own: .init(token: token, logProbability: Double(logits[first + row, token]) - told.normalizer),
        likeliest: told.likeliest)
    }
    if let token {
      step.likelihood = likelihood(token, part.kept - 1)
      if sequence.request.tellsSteps, let told = told[part.offset + part.kept - 1] {
        step.step = traced(token, group, row: first + part.kept - 1, told)
      }
    }
    if sequence.chosen == 0, sequence.request.tellsPrompt {
      let known = sequence.pending[0].dropFirst().prefix(part.kept)
      step.prompt = known.enumerated().compactMap { likelihood($1, $0) }
    }
    return step
  }

  private func traced(_ token: Int, _ group: Group, row: Int, _ told: Told) -> TokenStep {
    func before(_ stream: Int, _ token: Int) -> Double {
      let logit = stream == 0 ? told.own[token] : logits[row + stream * group.rows, token]
      return exp(Double(logit) - told.normalizers[stream])
    }
    return TokenStep(
      token: token, streamProbabilities: (0..<group.streams).map { before($0, token) },
      probability: exp(Double(logits[row, token]) - told.normalizer), favorite: told.favorite,
      favoriteBefore: before(0, told.favorite),
      favoriteAfter: exp(Double(logits[row, told.favorite]) - told.normalizer))
  }
}
