import CKernels

/// One instruction set's kernels. All sets compute the same bits; they differ in speed only.
///
/// `@unchecked Sendable`: points at a constant table of functions.
package struct KernelSet: @unchecked Sendable {
  private let table: UnsafePointer<antipode_kernels>
  var functions: antipode_kernels { table.pointee }

  /// The name of the instruction set: `avx512-bf16`, `avx512`, `avx2` or `portable`.
  package var name: String { String(cString: functions.name) }

  /// The sets that this processor runs, fastest first. There is always one.
  package static var available: [KernelSet] {
    (0..<antipode_kernel_set_count()).compactMap { index in
      antipode_kernel_set(index).map { KernelSet(table: $0) }
    }
  }

  /// The fastest set that this processor runs.
  package static var best: KernelSet { available[0] }
}
