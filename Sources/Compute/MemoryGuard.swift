import Foundation
package import Messages

/// Asks whether something fits in memory before it is taken: a process that the system ends for its size says nothing.
package struct MemoryGuard {
  /// The bytes that can still be had; nil where the system does not tell.
  package let available: Int?

  /// What can be had now: what the machine and the control group leave, or what `ANTIPODE_MEMORY` says in bytes.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    if let limit = environment["ANTIPODE_MEMORY"].flatMap(Int.init) {
      available = limit
      return
    }
    func number(_ path: String) -> Int? {
      (try? String(contentsOfFile: path, encoding: .utf8)).flatMap {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
    }
    let lines = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let free = lines.first { $0.hasPrefix("MemAvailable:") }?.split(separator: " ").dropFirst().first.flatMap {
      Int($0)
    }
    // Files that are kept in memory for speed count as used there, and are given up when they must be.
    let statistics = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.stat", encoding: .utf8)) ?? ""
    let files = statistics.split(separator: "\n").filter {
      $0.hasPrefix("active_file ") || $0.hasPrefix("inactive_file ")
    }
    .compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
    let group = number("/sys/fs/cgroup/memory.max").flatMap { limit in
      number("/sys/fs/cgroup/memory.current").map { max(0, limit - $0 + files) }
    }
    available = [free.map { $0 * 1024 }, group].compactMap(\.self).min()
  }

  /// Throws where it does not fit.
  package func check(_ bytes: Int, for what: String, advice: String) throws(MemoryError) {
    guard let available, bytes > available else { return }
    throw MemoryError(what: what, needed: bytes, available: available, advice: advice)
  }

  /// How many sequences are worked on at a time: as many as half of the memory holds, since results do not depend on
  /// it.
  /// - Parameters:
  ///   - most: The number where memory does not matter.
  ///   - bytes: What one sequence needs.
  /// - Throws: ``MemoryError`` where not even one fits.
  package func sequences(upTo most: Int, each bytes: Int) throws(MemoryError) -> Int {
    guard let available, bytes > 0 else { return most }
    try check(
      bytes, for: "one answer", advice: "Lower decoding.maximumTokens, close other programs, or take a smaller model.")
    return max(1, min(most, available / 2 / bytes))
  }
}

/// Something that does not fit in memory.
package struct MemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What does not fit.
  package let what: String
  /// What it needs, in bytes.
  package let needed: Int
  /// What is free, in bytes.
  package let available: Int
  /// What to do.
  package let advice: String

  /// The message for the user.
  package var description: String {
    "\(what) needs about \(ByteCount(needed)) of memory, and \(ByteCount(available)) are free. \(advice)"
  }
}

extension MemoryError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .systemError }
}
