import CKernels
import COpenBLAS
import Foundation

/// What the numbers were computed on, for the record beside every artifact.
package enum Machine {
  /// The processor's name as the system gives it, or its architecture.
  package static var processor: String {
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

  /// The processor's features that kernels or the C library's choose by, sorted; empty where the system does not tell.
  package static var flags: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let listed = lines.first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }?.split(separator: ":").last ?? ""
    let names = listed.split(separator: " ").filter { name in
      ["avx", "fma", "f16c", "sse4", "amx", "asimd", "sve", "bf16", "i8mm"].contains { name.contains($0) }
    }
    return Set(names).sorted().joined(separator: " ")
  }

  /// The C library whose mathematical functions are used, with its version.
  package static var libraries: String {
    #if canImport(Glibc)
      var name = [CChar](repeating: 0, count: 64)
      let length = confstr(Int32(_CS_GNU_LIBC_VERSION), &name, name.count)
      return length > 0
        ? String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self) : "glibc"
    #else
      return "the system's C library"
    #endif
  }

  /// The compilers that made this program: Swift's language version as far as a program can tell it, and the Clang
  /// beside it with its commit.
  package static var compiler: String {
    #if compiler(>=6.5)
      let swift = "6.5 or later"
    #elseif compiler(>=6.4)
      let swift = "6.4"
    #elseif compiler(>=6.3)
      let swift = "6.3"
    #else
      let swift = "6.2"
    #endif
    return "Swift \(swift); " + (antipode_compiler().map { String(cString: $0) } ?? "an unknown C compiler")
  }

  /// How many threads are worth using.
  package static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// The version of the system's OpenBLAS and the kernels that it chose.
  package static var blas: String {
    let configuration = openblas_get_config().map { String(cString: $0) } ?? "OpenBLAS"
    let core = openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    return configuration.split(separator: " ").prefix(2).joined(separator: " ") + " " + core
  }
}
