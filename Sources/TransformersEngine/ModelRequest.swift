import EngineContract
import JSON
import Stages

/// A model as the worker is asked for it.
struct ModelRequest: Hashable, Sendable {
  /// The folder, or the GGUF file.
  var path: String
  var computation: TransformersComputation
  var device: String

  /// What the worker is told.
  var arguments: JSONObject {
    var arguments = JSONObject()
    arguments["path"] = .string(path)
    arguments["device"] = .string(device)
    arguments["dtype"] = .string(computation.dtype.rawValue)
    arguments["quantization"] = computation.quantization.map { .string($0.rawValue) } ?? .null
    arguments["attention"] = computation.attention.map { .string($0.rawValue) } ?? .null
    return arguments
  }
}

/// A model that the worker has loaded.
struct LoadedModel: Hashable, Sendable {
  /// Its name in requests.
  var name: String
  var dimensions: ModelDimensions
  /// Where it is.
  var device: String

  /// What the worker tells of a model.
  init(name: String, describing found: JSONValue) throws {
    self.name = name
    func number(_ key: String) throws -> Int {
      guard let number = found[key]?.integer, number > 0 else {
        throw TransformersError.fault("of a model it tells no \(key)", log: "standard error")
      }
      return number
    }
    dimensions = ModelDimensions(
      width: try number("width"), layers: try number("layers"), attentionHeads: try number("attentionHeads"),
      vocabularySize: try number("vocabularySize"), positionLimit: try number("positionLimit"))
    device = found["device"]?.string ?? ""
  }
}
