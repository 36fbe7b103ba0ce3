/// A model's tensors, wherever they are stored: mapped into memory, to be looked at one by one.
package protocol TensorSource: Sendable {
  /// The file or folder, for messages.
  var path: String { get }
  /// All tensors by name.
  var tensors: [String: TensorDescription] { get }
  /// Whether there is a tensor of a name, one in a format that we don't read included.
  func has(_ name: String) -> Bool
  /// Throws if a tensor is there and can't be used, and says why.
  func checkUsable(_ name: String) throws(ModelFileError)
  /// Lends a tensor's stored bytes to `body`, which must not keep them past the call.
  func withBytes<Result, Failure: Error>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result
  /// Gives the memory that the tensor's bytes take back to the system; they can still be read.
  func release(_ tensor: TensorDescription)
}

extension TensorSource {
  /// The tensor of a name, with the shape that the caller needs.
  /// - Parameters:
  ///   - name: the tensor's name.
  ///   - shape: the row-major shape that it must have, or `nil` for any.
  /// - Throws: `ModelFileError.malformed` if there is none of that name or its shape is another, `.unsupported` if it
  ///   is stored in a way that we don't read.
  package func tensor(_ name: String, shape: [Int]? = nil) throws(ModelFileError) -> TensorDescription {
    let wanted = shape.map { "a tensor of shape \($0)" } ?? "a tensor"
    try checkUsable(name)
    guard let tensor = tensors[name] else {
      throw .malformed(path: path, place: "tensor \(quoted(name))", found: "no such tensor", expected: wanted)
    }
    guard shape == nil || shape == tensor.shape else {
      throw .malformed(
        path: path, place: "tensor \(quoted(name))", found: "the shape \(tensor.shape)", expected: wanted)
    }
    return tensor
  }

  /// Whether there is a tensor of a name.
  package func has(_ name: String) -> Bool { tensors[name] != nil }

  /// Nothing is known against any tensor.
  package func checkUsable(_ name: String) throws(ModelFileError) {}
}
