import Dispatch
import Foundation
import Synchronization

/// A batch that goes on for as long as there are requests: a new one joins at the next step, under whatever method, and
/// one whose reader is gone leaves. Answers are the same as those of a request alone.
///
/// It computes on a thread of its own: a step takes as long as many of Swift's tasks together.
package final class LiveBatch: Sendable {
  /// How much is worked on at a time.
  package struct Limits: Sendable {
    /// Sequences in the batch, where memory lets it.
    package var running: Int
    /// Requests that wait for a place.
    package var waiting: Int
    /// Rows of new turns in a step: a long one is taken in pieces, so that the others go on.
    package var turnRows: Int

    package init(running: Int = 64, waiting: Int = 256, turnRows: Int = 256) {
      self.running = running
      self.waiting = waiting
      self.turnRows = turnRows
    }
  }

  /// How much is being worked on.
  package struct Load: Sendable, Equatable {
    package var running = 0
    package var waiting = 0
    /// Requests that were answered, failed or left.
    package var done = 0
    /// The mean time from a request's coming to its end, in seconds, of the last few.
    package var seconds = 0.0
  }

  private struct Desk {
    var arrivals: [LiveArrival] = []
    var departures: Set<Int> = []
    var next = 0
    var load = Load()
    var isClosing = false
    var isStopped = false
  }

  private let desk = Mutex(Desk())
  private let bell = DispatchSemaphore(value: 0)
  private let limits: Limits

  /// A batch, whose thread runs until ``stop()``.
  package init(_ limits: Limits = Limits()) {
    self.limits = limits
    let thread = Thread { [self] in work() }
    thread.name = "live batch"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// How much is being worked on.
  package var load: Load { desk.withLock { $0.load } }

  /// Takes requests in, all or none.
  /// - Returns: What is told of each, in their order. One whose stream is dropped leaves the batch.
  package func submit(_ requests: [LiveRequest]) throws(LiveBatchError) -> [AsyncStream<LiveEvent>] {
    let made = requests.map { ($0, AsyncStream.makeStream(of: LiveEvent.self)) }
    let refusal = desk.withLock { desk -> LiveBatchError? in
      guard !desk.isClosing else { return .closing }
      // A place in the batch that is free now needs no place among those that wait.
      let room = limits.waiting + max(0, limits.running - desk.load.running)
      guard desk.load.waiting + requests.count <= room else { return .full(waiting: desk.load.waiting) }
      for (request, (_, continuation)) in made {
        let id = desk.next
        desk.next += 1
        desk.load.waiting += 1
        continuation.onTermination = { [weak self] reason in
          if case .cancelled = reason { self?.leave(id) }
        }
        desk.arrivals.append(LiveArrival(id: id, request: request, events: continuation))
      }
      return nil
    }
    if let refusal { throw refusal }
    bell.signal()
    return made.map(\.1.stream)
  }

  private func leave(_ id: Int) {
    desk.withLock { _ = $0.departures.insert(id) }
    bell.signal()
  }

  /// Takes no more requests; those that there are go on.
  package func close() { desk.withLock { $0.isClosing = true } }

  /// Ends the thread after the step at hand; requests that are not answered yet fail.
  package func stop() {
    desk.withLock { desk in
      desk.isClosing = true
      desk.isStopped = true
    }
    bell.signal()
  }

  // MARK: On the thread

  private func work() {
    var work = LiveWork(limits)
    while true {
      let (arrivals, departures, isStopped) = desk.withLock { desk in
        defer {
          desk.arrivals = []
          desk.departures = []
        }
        return (desk.arrivals, desk.departures, desk.isStopped)
      }
      work.take(arrivals)
      for id in departures { work.leave(id) }
      if isStopped {
        work.failAll(LiveBatchError.stopped)
        return tell(&work)
      }
      guard !work.isIdle else {
        tell(&work)
        bell.wait()
        continue
      }
      work.step()
      tell(&work)
    }
  }

  private func tell(_ work: inout LiveWork) {
    let ended = work.takeEnded(), running = work.running, waiting = work.waiting
    desk.withLock { desk in
      desk.load.running = running
      desk.load.waiting = waiting + desk.arrivals.count
      desk.load.done += ended.count
      for seconds in ended {
        desk.load.seconds += (seconds - desk.load.seconds) / Double(min(desk.load.done, 16))
      }
    }
  }
}

/// A request on its way into a live batch.
struct LiveArrival: Sendable {
  let id: Int
  let request: LiveRequest
  let events: AsyncStream<LiveEvent>.Continuation
  let time = ContinuousClock.now
}
