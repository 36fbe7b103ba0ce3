import Foundation

/// A process that holds a lease, told apart from every other: two containers can have the same host name and the same
/// process id, and a process id can be used again.
package struct LeaseOwner: Sendable, Hashable, Codable {
  /// The host's name, for people.
  package var host: String
  /// The kernel's name of its own run: another one after every boot, the same in all containers. Empty where the
  /// system has none.
  var boot: String
  /// The namespace in which ``process`` counts.
  var namespace: String
  /// The process.
  package var process: Int32
  /// When the process began, in the kernel's ticks since its boot.
  var began: Int?
  /// What the scheduler that started the process calls the job (`ANTIPODE_JOB`).
  package var job: String?
  /// How often that job was started again (`ANTIPODE_ATTEMPT`).
  var attempt: Int?

  /// This process.
  package static let current = LeaseOwner(environment: ProcessInfo.processInfo.environment)

  private init(environment: [String: String]) {
    host = Self.hostName
    boot = Self.text("/proc/sys/kernel/random/boot_id")
    namespace = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")) ?? ""
    process = getpid()
    began = Self.beginning(of: process)
    job = environment["ANTIPODE_JOB"].flatMap { $0.isEmpty ? nil : $0 }
    attempt = environment["ANTIPODE_ATTEMPT"].flatMap(Int.init)
  }

  /// Whether the process is known to be no more. Of a process on another host or in another container nothing is known,
  /// unless it was an earlier attempt of this very job.
  var isDead: Bool {
    let current = Self.current
    if let job, job == current.job, let attempt, let now = current.attempt, attempt < now { return true }
    guard isNear(current) else { return false }
    if kill(process, 0) != 0, errno == ESRCH { return true }
    return began != nil && Self.beginning(of: process) != began
  }

  /// Whether both count their processes alike.
  private func isNear(_ other: LeaseOwner) -> Bool {
    !boot.isEmpty && !namespace.isEmpty && boot == other.boot && namespace == other.namespace
  }

  /// When a process of this namespace began: the twenty-second field of its `stat`. The second, its name, may hold
  /// anything, and ends at the last parenthesis.
  private static func beginning(of process: Int32) -> Int? {
    let text = text("/proc/\(process)/stat")
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[end...].split(separator: " ").dropFirst()
    return fields.count > 19 ? Int(fields[fields.startIndex + 19]) : nil
  }

  private static func text(_ path: String) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { return "" }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static let hostName: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }()

  /// What is the same for all processes that count alike, as part of a file's name.
  var place: String { Self.name(boot.isEmpty ? host : boot) + "-" + Self.name(namespace) }

  /// A text with what could upset a path replaced.
  static func name(_ text: String) -> String {
    text.isEmpty ? "_" : String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }
}
