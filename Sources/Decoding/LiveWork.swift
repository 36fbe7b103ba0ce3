import Compute
import EngineContract
import LanguageModel

/// What the thread of a live batch works on. It stays on that thread.
struct LiveWork {
  private struct Running {
    let arrival: LiveArrival
    /// How many tokens the answer has.
    var tokens = 0
  }

  private let limits: LiveBatch.Limits
  private var batch = SequenceBatch()
  private var queue: [LiveArrival] = []
  /// By their numbers in the batch.
  private var answers: [Int: Running] = [:]
  private var shelf = MethodShelf()
  /// The bytes that sequences may take together; nil where the system does not tell.
  private var budget: Int?
  /// How long requests took that ended since they were last asked for, in seconds.
  private var ended: [Double] = []

  init(_ limits: LiveBatch.Limits) { self.limits = limits }

  var running: Int { answers.count }
  var waiting: Int { queue.count }
  var isIdle: Bool { answers.isEmpty && queue.isEmpty }

  mutating func take(_ arrivals: [LiveArrival]) { queue += arrivals }

  mutating func takeEnded() -> [Double] {
    defer { ended = [] }
    return ended
  }

  /// Lets go of a request whose reader is gone.
  mutating func leave(_ id: Int) {
    if let place = queue.firstIndex(where: { $0.id == id }) {
      end(queue.remove(at: place), with: nil)
    } else if let (sequence, running) = answers.first(where: { $0.value.arrival.id == id }) {
      end(running.arrival, of: sequence, with: nil)
    }
  }

  mutating func failAll(_ error: any Error) {
    for (sequence, running) in answers { end(running.arrival, of: sequence, with: .failed(error)) }
    for arrival in queue { end(arrival, with: .failed(error)) }
    queue = []
  }

  /// Takes in who waits and has a place, and runs a step.
  mutating func step() {
    admit()
    do {
      for step in try batch.step(turnRows: limits.turnRows) { tell(step) }
    } catch {
      // Nothing that was let in can cause this; then all share it.
      for (sequence, running) in answers { end(running.arrival, of: sequence, with: .failed(error)) }
    }
  }

  // MARK: Coming in

  private mutating func admit() {
    while answers.count < limits.running, let arrival = queue.first {
      do {
        guard try admit(arrival) else { return }
        queue.removeFirst()
      } catch {
        queue.removeFirst()
        end(arrival, with: .failed(error))
      }
    }
  }

  /// Whether there was room.
  private mutating func admit(_ arrival: LiveArrival) throws -> Bool {
    let request = arrival.request, turns = request.sequence.turns
    let room = request.method.room(for: turns)
    guard room >= request.maximumTokens else {
      let limit = request.method.streams.map(\.open.model.positionLimit).min() ?? 0
      throw LanguageModelError.tooLong(positions: limit - room + request.maximumTokens, limit: limit)
    }
    let method = try shelf.pass(of: request.method, for: turns), vocabulary = method.vocabularySize
    for stream in request.method.streams.indices {
      if let unknown = turns[stream].first(where: { !(0..<vocabulary ~= $0) }) {
        throw LanguageModelError.unknownToken(id: unknown, vocabularySize: vocabulary)
      }
    }
    let positions = turns.longest + request.maximumTokens, bytes = method.sequenceBytes(positions: positions)
    guard try hasMemory(for: bytes) else { return false }
    let sequence = batch.join(request.sequence, under: method, positions: positions)
    answers[sequence] = Running(arrival: arrival)
    return true
  }

  /// Whether a sequence of so many bytes fits beside the others: half of what there is may be taken.
  /// - Throws: `MemoryError` where it does not fit even alone.
  private mutating func hasMemory(for bytes: Int) throws(MemoryError) -> Bool {
    if answers.isEmpty { budget = MemoryGuard().available.map { ($0 + batch.bytes) / 2 } }
    guard let budget, batch.bytes + bytes > budget else { return true }
    batch.giveBackMemory()
    if batch.bytes + bytes <= budget { return true }
    guard answers.isEmpty else { return false }
    try MemoryGuard().check(
      bytes, for: "one answer", advice: "Ask for fewer tokens, close other programs, or take a smaller model.")
    return true
  }

  // MARK: Going out

  private mutating func tell(_ step: SequenceStep) {
    guard var answer = answers[step.sequence] else { return }
    let request = answer.arrival.request, events = answer.arrival.events
    if !step.prompt.isEmpty { events.yield(.prompt(step.prompt)) }
    guard let token = step.token else { return }
    guard request.maximumTokens > 0 else {
      return end(answer.arrival, of: step.sequence, with: .ended(by: nil, nil))
    }
    guard !request.stopTokens.contains(token) else {
      return end(answer.arrival, of: step.sequence, with: .ended(by: token, step.likelihood))
    }
    events.yield(.token(token, step.likelihood, step.step))
    answer.tokens += 1
    answers[step.sequence] = answer
    if answer.tokens == request.maximumTokens {
      end(answer.arrival, of: step.sequence, with: .ended(by: nil, nil))
    }
  }

  private mutating func end(_ arrival: LiveArrival, of sequence: Int, with event: LiveEvent?) {
    batch.leave(sequence)
    answers[sequence] = nil
    end(arrival, with: event)
  }

  private mutating func end(_ arrival: LiveArrival, with event: LiveEvent?) {
    if let event { arrival.events.yield(event) }
    arrival.events.finish()
    ended.append((ContinuousClock.now - arrival.time) / .seconds(1))
  }
}
