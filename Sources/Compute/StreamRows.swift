import CKernels
import Foundation

/// The logits of one sequence under each stream of a decoding method, `[streams, vocabulary]`, lent to a rule that
/// combines them in the first stream's row.
package struct StreamRows {
  // Unsafe, since sequences are combined on several threads, each on rows of its own.
  @usableFromInline let first: UnsafeMutablePointer<Float>
  @usableFromInline let stride: Int
  private let kernels: KernelSet

  /// The number of streams.
  package let streams: Int
  /// The number of tokens.
  package let vocabulary: Int

  init(first: UnsafeMutablePointer<Float>, stride: Int, streams: Int, vocabulary: Int, kernels: KernelSet) {
    self.first = first
    self.stride = stride
    self.streams = streams
    self.vocabulary = vocabulary
    self.kernels = kernels
  }

  /// One logit.
  @inlinable package subscript(stream: Int, token: Int) -> Float {
    get {
      precondition(0..<streams ~= stream && 0..<vocabulary ~= token, "no such logit")
      return first[stream * stride + token]
    }
    nonmutating set {
      precondition(0..<streams ~= stream && 0..<vocabulary ~= token, "no such logit")
      first[stream * stride + token] = newValue
    }
  }

  /// The token of a stream's largest logit, the lowest id where several are largest.
  package func likeliest(in stream: Int) -> Int {
    precondition(0..<streams ~= stream, "no such stream")
    return kernels.functions.argmax(first + stream * stride, vocabulary)
  }

  /// `ln Σ exp(logit)` of a stream.
  package func logNormalizer(of stream: Int) -> Double {
    precondition(0..<streams ~= stream, "no such stream")
    var maximum: Float = 0
    var sum = 0.0
    kernels.functions.exponential_sum(first + stream * stride, vocabulary, &maximum, &sum)
    return Double(maximum) + log(sum)
  }

  /// Adds `factor` times a stream to the first.
  package func add(_ factor: Float, times stream: Int) {
    precondition(1..<streams ~= stream, "no such stream")
    kernels.functions.add_scaled(first, first + stream * stride, factor, vocabulary)
  }
}

extension ComputeContext {
  /// Lends each sequence's logits to a rule, on all threads.
  /// - Parameters:
  ///   - logits: From `first` on `[streams · sequences, vocabulary]`, all sequences of the first stream, then all of
  ///     the second; what stands before and behind is left alone.
  ///   - combine: Gets a sequence's number and its rows; may write to no others.
  package func combineStreams(
    _ logits: inout Matrix, from first: Int = 0, sequences: Int, streams: Int,
    _ combine: @Sendable (Int, StreamRows) -> Void
  ) {
    let width = logits.columns
    precondition(first >= 0 && first + sequences * streams <= logits.rows, "as many rows as sequences and streams")
    logits.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      forEachRow(sequences) { sequence in
        combine(
          sequence,
          StreamRows(
            first: base + (first + sequence) * width, stride: sequences * width, streams: streams, vocabulary: width,
            kernels: kernels))
      }
    }
  }
}
