import CKernels
import Foundation
package import Messages

/// One instruction set's kernels. All sets compute the same bits; they differ in speed only.
///
/// `@unchecked Sendable`: points at a constant table of functions.
package struct KernelSet: @unchecked Sendable {
  private let table: UnsafePointer<antipode_kernels>
  var functions: antipode_kernels { table.pointee }

  private init(table: UnsafePointer<antipode_kernels>) { self.table = table }

  /// The name of the instruction set, one of ``names``.
  package var name: String { String(cString: functions.name) }

  /// Whether the processor multiplies bfloat16 numbers itself; elsewhere the same bits take longer than float32's.
  package var multipliesBrainFloats: Bool { name == "avx512-bf16" }

  /// The names of all sets, fastest first, whether this processor runs them or not.
  package static let names = ["avx512-bf16", "avx512", "avx2-vnni", "avx2", "portable"]

  /// The sets that this processor runs, fastest first. There is always one.
  package static var available: [KernelSet] {
    (0..<antipode_kernel_set_count()).compactMap { index in
      antipode_kernel_set(index).map { KernelSet(table: $0) }
    }
  }

  /// The fastest set that this processor runs.
  package static var best: KernelSet { available[0] }

  /// The set of a name.
  /// - Parameter source: What gave the name, for the message of the error.
  package init(named name: String, by source: String) throws(KernelSetError) {
    guard let set = Self.available.first(where: { $0.name == name }) else {
      throw KernelSetError(source: source, name: name, available: Self.available.map(\.name))
    }
    self = set
  }

  /// The set that `ANTIPODE_KERNELS` names, for measurements of one that is not the fastest; else the fastest.
  package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(KernelSetError) {
    guard let name = environment["ANTIPODE_KERNELS"], !name.isEmpty else {
      self = .best
      return
    }
    try self.init(named: name, by: "ANTIPODE_KERNELS")
  }
}

/// A name of no kernel set that this processor runs.
package struct KernelSetError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What gave the name.
  package let source: String
  /// The name.
  package let name: String
  /// The names of the sets that this processor runs.
  package let available: [String]

  /// A name that no set has, or one that this processor does not run.
  package init(source: String, name: String, available: [String]) {
    self.source = source
    self.name = name
    self.available = available
  }

  /// The message for the user.
  package var description: String {
    let runs = "this processor runs \(available.joined(separator: ", "))"
    return KernelSet.names.contains(name)
      ? "\(source): found \"\(name)\", which this processor does not run; \(runs)"
      : "\(source): found \"\(name)\", expected one of \(KernelSet.names.joined(separator: ", ")); \(runs)"
  }
}

extension KernelSetError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus { .usage }
}
