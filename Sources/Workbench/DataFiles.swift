import Evaluation
import Experiments
import Foundation
import Records

/// The manual system prompts of `Anchors/system-prompts.json`.
struct SystemPrompts: Decodable {
  var safe: String
  var opposite: String
  var null: String

  func text(_ kind: SystemPromptKind) -> String {
    switch kind {
    case .safe: safe
    case .opposite: opposite
    case .null: null
    }
  }

  func text(_ role: PromptRole) -> String {
    switch role {
    case .safeguarding: safe
    case .adversarial: opposite
    }
  }
}

private struct RefusalWording: Decodable {
  var id: String
  var text: String
}

extension Workspace {
  func systemPrompts(_ path: String) throws -> SystemPrompts {
    do {
      return try JSONDecoder().decode(SystemPrompts.self, from: bytes(of: path))
    } catch let error as DecodingError {
      throw WorkbenchError.malformed(
        path: path, place: "the file", found: "\(error.problem)",
        expected: "an object with the texts \"safe\", \"opposite\" and \"null\"")
    }
  }

  /// The first `size` instructions of a file, or all.
  func instructions(_ path: String, size: Int?, key: String) throws -> [Instruction] {
    let all = try InstructionSet.parse(bytes(of: path), path: path).instructions
    guard let size else { return all }
    guard size <= all.count else {
      throw WorkbenchError.tooFew(path: path, found: all.count, wanted: size, key: key)
    }
    return Array(all.prefix(size))
  }

  /// The refusal wordings of a JSON Lines file.
  func refusals(_ path: String) throws -> [String] {
    let text = String(decoding: try bytes(of: path), as: UTF8.self)
    var wordings: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: true).enumerated() {
      do {
        wordings.append(try JSONDecoder().decode(RefusalWording.self, from: Data(line.utf8)).text)
      } catch let error as DecodingError {
        throw WorkbenchError.malformed(
          path: path, place: "line \(index + 1)", found: "\(error.problem)",
          expected: "an object with the texts \"id\" and \"text\"")
      }
    }
    guard !wordings.isEmpty else {
      throw WorkbenchError.malformed(path: path, place: "the file", found: "no line", expected: "one refusal a line")
    }
    return wordings
  }
}

extension DecodingError {
  /// What is wrong, without the type names that mean nothing to a user.
  var problem: String {
    switch self {
    case .keyNotFound(let key, _): "no key \"\(key.stringValue)\""
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "another kind of value at \"\(context.codingPath.map(\.stringValue).joined(separator: "."))\""
    case .dataCorrupted: "text that is not JSON"
    @unknown default: "text that can't be read"
    }
  }
}
