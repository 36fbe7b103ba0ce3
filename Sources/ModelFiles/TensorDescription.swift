/// Where one tensor of a model file lies and how it is stored. The bytes come from `TensorSource.withBytes(of:_:)`.
package struct TensorDescription: Sendable, Hashable {
  /// The tensor's name, such as `blk.0.attn_q.weight`.
  package let name: String
  /// The dimensions in row-major order, slowest first: `[rows, columns]` for a matrix (GGUF stores them reversed).
  /// In a GGUF file they are between one and four, each at least one; in a safetensors file there may be none (a single
  /// number), and one may be zero.
  package let shape: [Int]
  /// How the elements are stored.
  package let format: TensorFormat
  /// Where the data starts, in bytes from the start of its file; in a GGUF file a multiple of the file's alignment.
  package let byteOffset: Int
  /// The size of the data in bytes.
  package let byteCount: Int

  /// The number of elements, the product of `shape`.
  package var elementCount: Int { shape.reduce(1, *) }

  /// The bytes that the data takes up in the file.
  var byteRange: Range<Int> { byteOffset..<byteOffset + byteCount }
}
