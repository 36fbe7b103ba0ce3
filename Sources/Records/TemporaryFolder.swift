import Foundation

/// Names of folders for what is being written. They tell the machine and the process that write there, so that the
/// next process can tell what a dead one has left.
enum TemporaryFolder {
  static func name() -> String {
    "\(machine)-\(ProcessInfo.processInfo.processIdentifier)-\(UUID().uuidString)"
  }

  /// Removes the folders of processes of this machine that are no more.
  static func removeAbandoned(in folder: URL) throws {
    for name in try StoreFiles.names(in: folder) where isAbandoned(name) {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
  }

  private static func isAbandoned(_ name: String) -> Bool {
    guard name.hasPrefix("\(machine)-"), let process = pid_t(name.dropFirst(machine.count + 1).prefix { $0 != "-" }),
      process > 0
    else { return false }
    return kill(process, 0) != 0 && errno == ESRCH
  }

  /// The host's name, with what could upset a path replaced.
  private static let machine: String = {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "machine" }
    let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }()
}
