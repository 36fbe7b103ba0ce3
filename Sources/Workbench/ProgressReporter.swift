import Foundation
import Messages
package import ModelFiles

/// Progress on standard error: one line that is written over on a terminal, a plain line now and then elsewhere.
///
/// A class, since it remembers what it wrote last; it belongs to the thread that runs the stages.
package final class ProgressReporter {
  private let isQuiet: Bool
  private let isTerminal: Bool
  private let clock = ContinuousClock()
  private var stage = ""
  private var start: ContinuousClock.Instant
  private var shown: ContinuousClock.Instant
  private var hasLine = false
  private var hasForetold = false

  /// A reporter; quiet, it writes nothing. A terminal of type `dumb` gets plain lines; there is no color anywhere.
  package init(isQuiet: Bool, environment: [String: String] = ProcessInfo.processInfo.environment) {
    self.isQuiet = isQuiet
    isTerminal = isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
    start = clock.now
    shown = start
  }

  /// Begins a stage, such as `[3/24] prompt safeguarding`.
  package func begin(_ stage: String) {
    finishLine()
    self.stage = stage
    start = clock.now
    shown = start - .seconds(60)
    hasForetold = false
  }

  /// Tells how far the stage is, at most ten times a second on a terminal and every five seconds elsewhere, and, once a
  /// twentieth or 20 seconds of it are done, how long the rest will take.
  /// - Parameters:
  ///   - done: Units done.
  ///   - total: Units in all.
  ///   - unit: What is counted, in the plural.
  ///   - first: Units that an earlier run did, which no rate counts.
  ///   - work: What the rate counts, where it is not the units: how many, and their name.
  package func update(
    done: Int, of total: Int, startedAt first: Int = 0, unit: String, work: (count: Int, unit: String)? = nil
  ) {
    update(done: done - first, of: total - first) { seconds in
      let rate = Double(work?.count ?? done - first) / seconds
      return "\(done)/\(total) \(unit), \(Self.rate(rate)) \(work?.unit ?? unit)/s"
    }
  }

  /// Tells how far the fetch of a model is, as often as ``update(done:of:startedAt:unit:work:)`` does.
  package func update(_ fetch: FetchProgress) {
    update(done: fetch.bytes - fetch.earlier, of: fetch.total - fetch.earlier) { Self.text(of: fetch, after: $0) }
  }

  /// The part, the bytes and their rate after so many seconds.
  static func text(of fetch: FetchProgress, after seconds: Double) -> String {
    let rate = Int(Double(fetch.bytes - fetch.earlier) / seconds)
    return (fetch.parts > 1 ? "part \(fetch.part) of \(fetch.parts), " : "")
      + "\(ByteCount(fetch.bytes)) of \(ByteCount(fetch.total)), \(ByteCount(rate))/s"
  }

  /// Writes a line if it is due.
  /// - Parameter text: The line without the stage and without what is left, after so many seconds.
  private func update(done: Int, of total: Int, text: (Double) -> String) {
    let now = clock.now, isDue = now - shown >= (isTerminal ? .milliseconds(100) : .seconds(5))
    let seconds = (now - start) / .seconds(1)
    let rest = Self.remaining(done: done, of: total, after: seconds)
    guard !isQuiet, done > 0, seconds > 0.05, isDue || (rest != nil && !hasForetold) else { return }
    shown = now
    hasForetold = rest != nil
    write("\(stage): \(text(seconds))" + (rest.map { ", \(Self.duration($0)) left" } ?? ""))
  }

  /// Ends a stage with a line that stays.
  package func end(_ note: String) {
    guard !isQuiet else { return }
    write("\(stage): \(note) in \(Self.duration((clock.now - start) / .seconds(1)))")
    finishLine()
  }

  /// A line that stays.
  package func note(_ text: String) {
    guard !isQuiet else { return }
    alert(text)
  }

  /// A line that stays, quiet or not: something failed.
  package func alert(_ text: String) {
    finishLine()
    StandardStreams.tell(text + "\n")
  }

  /// Leaves the line that is being written over.
  package func finishLine() {
    guard hasLine else { return }
    hasLine = false
    StandardStreams.tell("\n")
  }

  private func write(_ text: String) {
    let line = isTerminal ? "\r\u{1B}[K" + text : text + "\n"
    StandardStreams.tell(line)
    hasLine = isTerminal
  }

  /// Seconds that the rest of a stage will take, or none where that can't be told: the first units foretell little,
  /// since preparations are in their time, and of a batch's answers the shortest end first.
  static func remaining(done: Int, of total: Int, after seconds: Double) -> Double? {
    guard done > 1, seconds >= 20 || done * 20 >= total else { return nil }
    return seconds / Double(done) * Double(total - done)
  }

  private static func rate(_ rate: Double) -> String { String(format: rate < 10 ? "%.2f" : "%.0f", rate) }

  /// A duration as a person would say it, such as `2 min 05 s`.
  package static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if seconds < 10 { return String(format: "%.1f s", seconds) }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return String(format: "%d min %02d s", whole / 60, whole % 60) }
    return String(format: "%d h %02d min", whole / 3600, whole % 3600 / 60)
  }
}
