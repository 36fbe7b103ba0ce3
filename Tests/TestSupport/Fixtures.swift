import Foundation
import LanguageModel
package import ModelFiles

/// The reference's numbers, committed beside the tests of one wing and read through the path of this source file.
package struct Fixtures: Sendable {
  /// The folder `Tests/WINGTests/Fixtures`.
  package let folder: String

  /// The fixtures of the language model.
  package static let languageModel = Fixtures(wing: "LanguageModel")
  /// The fixtures of the objective and the optimizer.
  package static let oppositePrompts = Fixtures(wing: "OppositePrompts")

  private init(wing: String) {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    folder = tests.appendingPathComponent("\(wing)Tests/Fixtures").path
  }

  /// The path of a file.
  package func path(_ name: String) -> String { "\(folder)/\(name)" }

  /// `NAME.json`, read as a value of a type.
  package func json<Value: Decodable>(_ name: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path("\(name).json"))))
  }

  /// The tensors of `NAME.safetensors`.
  package func tensors(_ name: String) throws -> [String: SafetensorsTensor] {
    try SafetensorsFile.read(path: path("\(name).safetensors"))
  }
}
