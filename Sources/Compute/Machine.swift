import COpenBLAS
import Foundation

/// What the numbers were computed on, for the record beside every artifact.
public enum Machine {
  /// The processor's name as the system gives it, or its architecture.
  public static var processor: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
    #if arch(x86_64)
      let architecture = "x86-64"
    #elseif arch(arm64)
      let architecture = "arm64"
    #else
      let architecture = "unknown"
    #endif
    return name.map { $0.trimmingCharacters(in: .whitespaces) } ?? architecture
  }

  /// How many threads are worth using.
  public static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// The version of the system's OpenBLAS and the kernels that it chose.
  public static var blas: String {
    let configuration = openblas_get_config().map { String(cString: $0) } ?? "OpenBLAS"
    let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    return configuration.split(separator: " ").prefix(2).joined(separator: " ") + " " + core
  }
}
