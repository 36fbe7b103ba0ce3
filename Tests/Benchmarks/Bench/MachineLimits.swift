import COpenBLAS
import Compute
import Foundation
import Randomness

/// What the machine can do at most, measured in the same run as the works.
enum MachineLimits {
  /// Bytes a second that the context's threads read from memory: the best of some passes over 512 MiB.
  static func readBandwidth(on context: ComputeContext) -> Double {
    let parts = 64, count = 1 << 17
    // One allocation after the other, each of 8 MiB: far more than the caches hold.
    let memory = (0..<parts).map { [SIMD16<UInt32>](repeating: SIMD16(repeating: UInt32($0)), count: count) }
    var best = Double.infinity
    for _ in 0..<7 {
      let start = ContinuousClock.now
      let sums = context.map(parts) { part in
        memory[part].withUnsafeBufferPointer { lines in
          var sums = (SIMD16<UInt32>(), SIMD16<UInt32>(), SIMD16<UInt32>(), SIMD16<UInt32>())
          for line in stride(from: 0, to: count, by: 4) {
            sums.0 &+= lines[line]
            sums.1 &+= lines[line + 1]
            sums.2 &+= lines[line + 2]
            sums.3 &+= lines[line + 3]
          }
          return (sums.0 &+ sums.1 &+ sums.2 &+ sums.3).wrappedSum()
        }
      }
      precondition(sums[1] == UInt32(16 * count), "the sum tells that the memory was read")
      best = min(best, ContinuousClock.now.seconds(since: start))
    }
    return Double(parts * count * 64) / best
  }

  /// Operations a second of the best product: the larger of OpenBLAS's of 32-bit floats and our own at the context's
  /// precision, at `[rows, 576] · [1536, 576]ᵀ`.
  static func bestProduct(rows: Int, on context: ComputeContext) -> (best: Double, openBLAS: Double, own: Double) {
    let inputs = 576, outputs = 1536
    let operations = 2 * Double(rows * inputs * outputs)
    var random = CounterRandom(seed: 1, purpose: .sampling, sample: 0, step: 0)
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.uniform()) - 0.5 } }
    let x = numbers(rows * inputs), w = numbers(outputs * inputs)
    var y = [Float](repeating: 0, count: rows * outputs)
    openblas_set_num_threads(Int32(context.pool.threads))
    let openBLAS = fastest {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(outputs), Int32(inputs), 1, x, Int32(inputs), w,
        Int32(inputs), 0, &y, Int32(outputs))
    }
    // Quantized, blocks of a scale and 32 integers, where the precision is that of such weights.
    let isQuantized = context.precision == .int8
    let blocks = (0..<outputs * inputs / 32 * 34).map { UInt8(truncatingIfNeeded: $0 % 34 == 1 ? 0x20 : $0 &* 37) }
    func weightMatrix(_ bytes: UnsafeRawBufferPointer) -> WeightMatrix? {
      WeightMatrix(
        bytes, outputs: outputs, inputs: inputs, format: isQuantized ? .q8_0 : .float32, on: context.pool)
    }
    guard
      let matrix = Matrix(rows: rows, columns: inputs, values: x),
      let weights = isQuantized ? blocks.withUnsafeBytes(weightMatrix) : w.withUnsafeBytes(weightMatrix)
    else { return (0, 0, 0) }
    var product = Matrix(rows: rows, columns: outputs)
    let own = fastest { context.multiply(matrix, by: weights, into: &product) }
    return (operations / min(own, openBLAS), operations / openBLAS, operations / own)
  }

  /// The name of the processor that OpenBLAS has chosen its kernels for.
  static var openBLASCore: String { String(cString: openblas_get_corename()) }

  /// The least seconds of some calls.
  private static func fastest(_ body: () -> Void) -> Double {
    (0..<9).map { _ in
      let start = ContinuousClock.now
      body()
      return ContinuousClock.now.seconds(since: start)
    }.min() ?? .infinity
  }
}

extension ContinuousClock.Instant {
  /// Seconds since an earlier instant.
  func seconds(since start: Self) -> Double {
    let (seconds, attoseconds) = (self - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
