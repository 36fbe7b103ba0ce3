import Foundation
public import ModelFiles

/// The reference's numbers, committed beside the tests of one wing and read through the path of this source file.
public struct Fixtures: Sendable {
  /// The folder `Tests/WINGTests/Fixtures`.
  public let folder: String

  /// The fixtures of the language model.
  public static let languageModel = Fixtures(wing: "LanguageModel")
  /// The fixtures of the objective and the optimizer.
  public static let oppositePrompts = Fixtures(wing: "OppositePrompts")

  private init(wing: String) {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    folder = tests.appendingPathComponent("\(wing)Tests/Fixtures").path
  }

  /// The path of a file.
  public func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// `NAME.json`, read as a value of a type.
  public func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path("\(name).json"))))
  }

  /// The tensors of `NAME.safetensors`.
  public func tensors(_ name: String) throws -> [String: SafetensorsTensor] {
    try SafetensorsFile.read(path: path("\(name).safetensors"))
  }
}
