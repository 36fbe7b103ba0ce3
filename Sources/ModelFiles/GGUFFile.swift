/// A GGUF model file, version 2 or 3, opened for reading: its metadata and tensor table are parsed and checked, its
/// tensor data stays on disk until it is looked at.
///
/// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Opening a file checks all that can be
/// checked without reading tensor data: after it, every tensor has a supported format and lies whole, aligned and
/// without overlap in the file.
package struct GGUFFile: TensorSource {
  /// The path as given to `init`.
  package let path: String
  /// The version of the format, 2 or 3.
  package let version: Int
  /// All metadata by key.
  package let metadata: [String: MetadataValue]
  /// All tensors by name.
  package let tensors: [String: TensorDescription]
  /// The file, or the files of a split model in their order.
  private let files: [MappedFile]
  /// Which of several files holds a tensor.
  private let locations: [String: Int]

  /// Opens and checks a file; of a model that is split over several files, all of them, whichever is named.
  /// - Throws: `ModelFileError`: `.unreadable`, `.malformed` with the place in the file, or `.unsupported` for another
  ///   version of the format or a tensor in a format that we don't read.
  package init(path: String) throws(ModelFileError) {
    let named = try GGUFPart(path: path)
    var parts = [named]
    if let names = try GGUFSplit(of: named) {
      parts = []
      for name in names.paths { parts.append(name == path ? named : try GGUFPart(path: name)) }
      try names.check(parts)
    }
    var tensors: [String: TensorDescription] = [:], locations: [String: Int] = [:]
    for (index, part) in parts.enumerated() {
      for entry in part.tensors {
        guard tensors.updateValue(entry, forKey: entry.name) == nil else {
          throw .malformed(
            path: part.file.path, place: "tensor \(quoted(entry.name))", found: "two tensors of this name",
            expected: "one")
        }
        locations[entry.name] = index
      }
    }
    self.path = path
    self.version = parts[0].version
    self.metadata = parts[0].metadata
    self.tensors = tensors
    self.locations = parts.count > 1 ? locations : [:]
    files = parts.map(\.file)
  }

  /// The paths of the model's files, in order.
  package var paths: [String] { files.map(\.path) }

  /// Lends a tensor's stored bytes to `body`. They are the mapped file itself and must not be kept past the call.
  /// - Parameters:
  ///   - tensor: a tensor of this file.
  ///   - body: gets `tensor.byteCount` bytes.
  package func withBytes<Result, Failure: Error>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let file = file(of: tensor)
    precondition(file.contains(tensor.byteOffset, tensor.byteCount), "the tensor is not of this file")
    return try file.withBytes(in: tensor.byteRange, body)
  }

  /// Gives the memory that the tensor's bytes take back to the system; they can still be read.
  package func release(_ tensor: TensorDescription) {
    file(of: tensor).release(tensor.byteRange)
  }

  private func file(of tensor: TensorDescription) -> MappedFile {
    files[locations[tensor.name] ?? 0]
  }

  /// The SHA-256 of the whole file, 64 lower-case hexadecimal digits; of the first where there are several.
  package func sha256() -> String {
    files[0].sha256()
  }
}
