import Foundation
import JSON

/// A model as Hugging Face lays it out: a folder with `config.json`, the weights in one safetensors file or in several
/// that an index names, and the tokenizer's files.
package struct CheckpointFolder: TensorSource {
  /// The folder as given to `init`.
  package let path: String
  /// `config.json`.
  package let configuration: JSONNode
  /// `generation_config.json`, if it is there.
  package let generationConfiguration: JSONNode?
  /// `tokenizer_config.json`, if it is there.
  package let tokenizerConfiguration: JSONNode?
  /// All tensors by name.
  package let tensors: [String: TensorDescription]
  /// The safetensors files, by the names that the index has for them.
  private let shards: [String: MappedSafetensors]
  /// Which shard holds a tensor.
  private let locations: [String: String]

  private static let singleFile = "model.safetensors"
  private static let indexFile = "model.safetensors.index.json"
  private static let configurationFile = "config.json"
  private static let generationFile = "generation_config.json"
  private static let tokenizerFile = "tokenizer.json"
  private static let tokenizerConfigurationFile = "tokenizer_config.json"
  private static let templateFile = "chat_template.jinja"

  /// Whether a path is a folder of this kind.
  package static func isOne(at path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/\(configurationFile)")
  }

  /// Opens a folder and checks its files' headers.
  /// - Throws: `ModelFileError`: `.unreadable` for a missing file, `.malformed` for one that breaks its format or for
  ///   files that contradict each other.
  package init(path: String) throws(ModelFileError) {
    func file(_ name: String) -> String { "\(path)/\(name)" }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
    func optionalJSON(_ name: String) throws(ModelFileError) -> JSONNode? {
      guard exists(name) else { return nil }
      return try JSONNode(file: file(name))
    }
    configuration = try JSONNode(file: file(Self.configurationFile))
    generationConfiguration = try optionalJSON(Self.generationFile)
    tokenizerConfiguration = try optionalJSON(Self.tokenizerConfigurationFile)

    // Where both are there, the single file counts, as for transformers.
    if exists(Self.singleFile) {
      let single = try MappedSafetensors(path: file(Self.singleFile))
      shards = [Self.singleFile: single]
      locations = single.names.reduce(into: [:]) { $0[$1] = Self.singleFile }
      tensors = single.tensors
    } else if exists(Self.indexFile) {
      (shards, locations) = try Self.readIndex(JSONNode(file: file(Self.indexFile)), folder: path)
      var tensors: [String: TensorDescription] = [:]
      for (name, shard) in locations { tensors[name] = shards[shard]?.tensors[name] }
      self.tensors = tensors
    } else {
      let isPickle = exists("pytorch_model.bin") || exists("pytorch_model.bin.index.json")
      throw .unreadable(
        path: path,
        reason: isPickle
          ? "it has its weights in pytorch_model.bin, which runs code when it is read; save the model as safetensors "
            + "(model.save_pretrained in Python) and point here"
          : "it has neither \(Self.singleFile) nor \(Self.indexFile)")
    }
    self.path = path
  }

  /// Opens the shards that an index names and finds out which of them holds each tensor.
  private static func readIndex(
    _ index: JSONNode, folder: String
  ) throws(ModelFileError) -> (shards: [String: MappedSafetensors], locations: [String: String]) {
    var shards: [String: MappedSafetensors] = [:], locations: [String: String] = [:]
    for (tensor, node) in try index.member("weight_map").members() {
      let name = try node.string()
      // An index names files beside it: anything else could reach out of the folder.
      guard !name.isEmpty, !name.contains("/"), name != "..", name != "." else {
        throw .malformed(path: node.path, place: node.place, found: quoted(name), expected: "the name of a file")
      }
      if shards[name] == nil {
        guard FileManager.default.fileExists(atPath: "\(folder)/\(name)") else {
          throw .malformed(
            path: node.path, place: node.place, found: "the file \(quoted(name)), which is not in the folder",
            expected: "a file of the folder")
        }
        shards[name] = try MappedSafetensors(path: "\(folder)/\(name)")
      }
      locations[tensor] = name
      guard let shard = shards[name], shard.has(tensor) else {
        throw .malformed(
          path: "\(folder)/\(name)", place: "tensor \(quoted(tensor))", found: "no such tensor",
          expected: "it, as \(indexFile) says")
      }
    }
    for (name, shard) in shards.sorted(by: { $0.key < $1.key }) {
      for tensor in shard.names {
        guard let location = locations[tensor], location != name else { continue }
        throw .malformed(
          path: "\(folder)/\(name)", place: "tensor \(quoted(tensor))",
          found: "a tensor that \(location) holds too", expected: "it there alone, as \(indexFile) says")
      }
    }
    return (shards, locations)
  }

  /// `tokenizer.json`.
  /// - Throws: `ModelFileError.unreadable` where there is none.
  package func tokenizer() throws(ModelFileError) -> JSONNode {
    let file = "\(path)/\(Self.tokenizerFile)"
    guard FileManager.default.fileExists(atPath: file) else {
      let hasModel = FileManager.default.fileExists(atPath: "\(path)/tokenizer.model")
      throw .unreadable(
        path: file,
        reason: hasModel
          ? "it is missing, and tokenizer.model is not read; save the tokenizer with transformers "
            + "(AutoTokenizer.from_pretrained(...).save_pretrained(...)), which writes it"
          : "it is missing")
    }
    return try JSONNode(file: file)
  }

  /// The chat template's Jinja source: `chat_template.jinja`, or else that of `tokenizer_config.json`, as transformers
  /// has it.
  /// - Throws: `ModelFileError.malformed` for one that is neither a text nor a list with a template named `default`.
  package func chatTemplate() throws(ModelFileError) -> String? {
    let file = "\(path)/\(Self.templateFile)"
    if FileManager.default.fileExists(atPath: file) {
      let mapped = try MappedFile(path: file)
      guard let text = mapped.string(at: 0, count: mapped.count) else {
        throw .malformed(path: file, place: "text", found: "bytes that are not UTF-8", expected: "UTF-8")
      }
      return text
    }
    guard let node = try tokenizerConfiguration?.optional("chat_template") else { return nil }
    guard case .array = node.value else { return try node.string() }
    for entry in try node.elements() where try entry.member("name").string() == "default" {
      return try entry.member("template").string()
    }
    throw .malformed(
      path: node.path, place: node.place, found: "a list without the name \"default\"", expected: "that name")
  }

  /// The files that make the model what it is, those that exist, by name and in order.
  package var files: [String] {
    var others = [
      Self.configurationFile, Self.tokenizerFile, Self.tokenizerConfigurationFile, Self.generationFile,
      Self.templateFile,
    ]
    if shards[Self.singleFile] == nil { others.append(Self.indexFile) }
    return (shards.keys + others.filter { FileManager.default.fileExists(atPath: "\(path)/\($0)") }).sorted()
  }

  /// Whether there is a tensor of a name, one of an element type that is not read included.
  package func has(_ name: String) -> Bool { locations[name] != nil }

  /// Throws for a tensor whose element type is not read.
  package func checkUsable(_ name: String) throws(ModelFileError) {
    guard let shard = locations[name].flatMap({ shards[$0] }) else { return }
    try shard.checkUsable(name)
  }

  /// Lends a tensor's stored bytes to `body`. They are the mapped file itself and must not be kept past the call.
  package func withBytes<Result, Failure: Error>(
    of tensor: TensorDescription, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let shard = locations[tensor.name].flatMap({ shards[$0] }) else {
      preconditionFailure("the tensor is not of this folder")
    }
    return try shard.withBytes(of: tensor, body)
  }

  /// Gives the memory that the tensor's bytes take back to the system; they can still be read.
  package func release(_ tensor: TensorDescription) {
    locations[tensor.name].flatMap { shards[$0] }?.release(tensor)
  }
}
