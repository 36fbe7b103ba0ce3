import Foundation
import Serving

extension Subject {
  /// Bodies of requests to the server. What is said of one that is refused is a status of the client's.
  static func bodies(in folder: URL) -> [Subject] {
    let chat = #"""
      {"model": "m:acd-0.4", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "A"},
      {"role": "assistant", "content": "B", "tool_calls": []}, {"role": "user", "content": [{"type": "text",
      "text": "C \u00e9"}]}], "temperature": 0.7, "top_p": 0.9, "top_k": 40, "n": 2, "stop": ["a", "b"], "seed": 7,
      "max_tokens": 16, "max_completion_tokens": 12, "logprobs": true, "top_logprobs": 3, "stream": true,
      "stream_options": {"include_usage": true}, "alpha": 0.4, "logit_bias": {}, "response_format": {"type": "text"}}
      """#
    let completion = #"""
      {"model": "m:base", "prompt": [[1, 2, 3], "a", "b"], "max_tokens": 1, "logprobs": 1, "echo": true, "seed": 1234,
      "temperature": 0, "stop": "x", "best_of": 1, "suffix": ""}
      """#
    let readers: [(String, String, @Sendable (Data) throws -> Void)] = [
      ("chat.json", chat, { _ = try ChatRequest($0) }),
      ("completion.json", completion, { _ = try CompletionRequest($0) }),
    ]
    return readers.map { name, text, read in
      let target = folder.appending(path: name)
      return Subject(group: .bodies, bytes: Array(text.utf8), target: target) { _ in
        do {
          try read(Data(contentsOf: target))
        } catch let error as APIError {
          precondition((400..<500).contains(error.status), "a client's fault is told as \(error.status)")
          throw error
        }
      }
    }
  }
}
