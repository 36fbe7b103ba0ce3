import CKernels

/// One instruction set's kernels. All sets compute the same bits; they differ in speed only.
///
/// `@unchecked Sendable`: points at a constant table of functions.
public struct KernelSet: @unchecked Sendable {
  let functions: antipode_kernels

  /// The name of the instruction set: `avx512-bf16`, `avx512`, `avx2` or `portable`.
  public var name: String { String(cString: functions.name) }

  /// The sets that this processor runs, fastest first. There is always one.
  public static var available: [KernelSet] {
    (0..<antipode_kernel_set_count()).compactMap { index in
      var functions = antipode_kernels()
      return antipode_kernel_set(index, &functions) ? KernelSet(functions: functions) : nil
    }
  }

  /// The fastest set that this processor runs.
  public static var best: KernelSet { available[0] }
}
