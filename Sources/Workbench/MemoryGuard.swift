import Compute
import Foundation
import LanguageModel
import ModelFiles

/// Asks whether something fits in memory before it is begun: a process that the system ends for its size says nothing.
struct MemoryGuard {
  /// The bytes that can still be had; nil where the system does not tell.
  let available: Int?

  /// What can be had now: what the machine and the control group leave, or what `ANTIPODE_MEMORY` says in bytes.
  init(environment: [String: String] = ProcessInfo.processInfo.environment) {
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

  /// Throws ``WorkbenchError/tooLittleMemory(what:needed:available:advice:)`` where it does not fit.
  func check(_ bytes: Int, for what: String, advice: String) throws(WorkbenchError) {
    guard let available, bytes > available else { return }
    throw .tooLittleMemory(what: what, needed: bytes, available: available, advice: advice)
  }

  /// How many sequences are worked on at a time: as many as half of the memory holds, since results do not depend on it.
  /// - Parameters:
  ///   - most: The number where memory does not matter.
  ///   - bytes: What one sequence needs.
  /// - Throws: ``WorkbenchError/tooLittleMemory(what:needed:available:advice:)`` where not even one fits.
  func sequences(upTo most: Int, each bytes: Int) throws(WorkbenchError) -> Int {
    guard let available, bytes > 0 else { return most }
    try check(
      bytes, for: "one answer", advice: "Lower decoding.maximumTokens, close other programs, or take a smaller model.")
    return max(1, min(most, available / 2 / bytes))
  }
}

extension LanguageModel {
  /// The bytes that one sequence of so many positions takes under one stream: keys and values in single precision, and two
  /// rows of logits.
  func sequenceBytes(positions: Int) -> Int {
    configuration.layers * 2 * configuration.attention.keyValueWidth * 4 * positions + 8 * configuration.vocabularySize
  }
}

extension LoadedModel {
  /// Throws where what gradients need beside the weights does not fit.
  func checkGradientMemory() throws(WorkbenchError) {
    try MemoryGuard().check(
      model.gradientBytes, for: "\(name), once more for gradients at int8",
      advice: "Close other programs, or set precision to float32 or bfloat16, which need no copy.")
  }
}

extension FoundModel {
  /// The bytes of the weights as they lie in their files, which is about what they take when they are packed.
  var weightBytes: Int {
    let paths: [String] =
      switch source {
      case .file(let file): file.paths
      case .folder(let folder): folder.files.filter { $0.hasSuffix(".safetensors") }.map { "\(resolved.path)/\($0)" }
      }
    return paths.reduce(0) { sum, path in
      sum + ((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
    }
  }
}
