import Foundation
import JSON
import Stages
import Testing

@testable import Serving

/// What requests say, and what is refused by its name.
struct RequestTests {
  private func chat(_ fields: String, messages: String = #"[{"role":"user","content":"Hi"}]"#) throws -> ChatRequest {
    try ChatRequest(Array(#"{"model":"m:base","messages":\#(messages)\#(fields)}"#.utf8))
  }

  private func refusal(_ fields: String, messages: String = #"[{"role":"user","content":"Hi"}]"#) -> APIError? {
    do {
      _ = try chat(fields, messages: messages)
      return nil
    } catch {
      return error as? APIError
    }
  }

  @Test func fieldsAreRead() throws {
    let request = try chat(
      #","max_tokens":9,"temperature":0.5,"top_p":0.9,"top_k":5,"seed":7,"n":3,"stop":["a","b"],"stream":true,"#
        + #""stream_options":{"include_usage":true},"logprobs":true,"top_logprobs":4,"alpha":0.3,"user":"me""#)
    #expect(request.sampling.maximumTokens == 9 && request.sampling.temperature == 0.5 && request.sampling.topP == 0.9)
    #expect(request.sampling.topK == 5 && request.sampling.seed == 7 && request.sampling.count == 3)
    #expect(request.sampling.stop == ["a", "b"] && request.sampling.isStreamed && request.sampling.includesUsage)
    #expect(request.ranks == 4 && request.sampling.parameters["alpha"] == 0.3 && request.instruction == "Hi")
    // The newer name counts where both are there.
    #expect(try chat(#","max_completion_tokens":4,"max_tokens":9"#).sampling.maximumTokens == 4)
    #expect(try chat(#","stop":"x""#).sampling.stop == ["x"] && chat("").ranks == nil)
    #expect(try chat(#","logprobs":true"#).ranks == 0 && chat("").sampling.temperature == 1)
  }

  @Test func conversationsAreRead() throws {
    let request = try chat(
      "",
      messages: #"[{"role":"developer","content":"A"},{"role":"system","content":"B"},{"role":"user","content":"C"},"#
        + #"{"role":"assistant","content":"D","refusal":null},"#
        + #"{"role":"user","content":[{"type":"text","text":"E"},{"type":"text","text":"F"}]}]"#)
    #expect(request.earlier.map(\.content) == ["A\n\nB", "C", "D"] && request.instruction == "EF")
    for (messages, place) in [
      ("[]", "messages"), (#"[{"role":"assistant","content":"A"}]"#, "messages[0].role"),
      (#"[{"role":"user","content":"A"},{"role":"user","content":"B"}]"#, "messages[1].role"),
      (#"[{"role":"user","content":"A"},{"role":"assistant","content":"B"}]"#, "messages"),
      (#"[{"role":"tool","content":"A"}]"#, "messages[0].role"), (#"[{"role":"user"}]"#, "messages[0].content"),
      (#"[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]"#, "messages[0].content[0]"),
      (#"[{"role":"user","content":"A","tool_calls":[{}]}]"#, "messages[0].tool_calls"), ("7", "messages"),
      (#"[{"role":"user","content":"A"},{"role":"system","content":"B"}]"#, "messages[1].role"),
    ] {
      #expect(refusal("", messages: messages)?.parameter == place, "\(messages)")
    }
  }

  /// Neutral values say nothing; others are refused by the field's name.
  @Test(arguments: [
    ("frequency_penalty", "0", "0.5"), ("presence_penalty", "0.0", "-1"), ("logit_bias", "{}", #"{"5":1}"#),
    ("tools", "[]", "[{}]"), ("response_format", #"{"type":"text"}"#, #"{"type":"json_object"}"#),
    ("best_of", "1", "2"), ("tool_choice", #""none""#, #""required""#), ("min_p", "0", "0.1"),
    ("unheard_of", "null", "1"), ("functions", "null", "[1]"), ("audio", "null", "{}"),
  ]) func neutralValuesAreAccepted(name: String, neutral: String, other: String) {
    #expect(refusal(#","\#(name)":\#(neutral)"#) == nil)
    let error = refusal(#","\#(name)":\#(other)"#)
    #expect(error?.status == 400 && error?.parameter == name && error?.code == "unsupported_parameter")
  }

  @Test(arguments: [
    ("max_tokens", "0"), ("max_tokens", "1.5"), ("temperature", "-1"), ("temperature", #""hot""#), ("top_p", "0"),
    ("top_p", "2"), ("n", "0"), ("n", "129"), ("stream", "1"), ("stop", "[1]"), ("seed", "0.5"), ("logprobs", "3"),
    ("top_logprobs", "3"), ("stream_options", "7"), ("top_k", "-2"),
  ]) func impossibleValuesAreRefused(name: String, value: String) {
    let error = refusal(#","\#(name)":\#(value)"#)
    #expect(error?.status == 400 && error?.parameter == name && error?.code == "invalid_value")
  }

  @Test(arguments: ["", "{", "[]", "7", "{\"model\":\"m\",\"model\":\"n\"}", "\u{0}"]) func noBodyOfAnyKindIsTrusted(
    body: String
  ) {
    #expect(throws: APIError.self) { try ChatRequest(Array(body.utf8)) }
    #expect(throws: APIError.self) { try CompletionRequest(Array(body.utf8)) }
  }

  @Test func promptsOfAllKindsAreRead() throws {
    func prompts(_ prompt: String) throws -> [String] {
      try CompletionRequest(Array(#"{"model":"m:base","prompt":\#(prompt)}"#.utf8)).prompts.map { "\($0)" }
    }
    #expect(try prompts(#""a""#) == [#"text("a")"#])
    #expect(try prompts(#"["a","b"]"#).count == 2)
    #expect(try prompts("[1,2]") == ["tokens([1, 2])"])
    #expect(try prompts("[[1],[2,3]]").count == 2)
    for bad in ["[]", "7", "[1.5]", "[[-1]]", "[{}]", "[1,\"a\"]", "null"] {
      #expect(throws: APIError.self, "\(bad)") { try prompts(bad) }
    }
    let request = try CompletionRequest(
      Array(#"{"model":"m:base","prompt":"a","echo":true,"logprobs":1,"max_tokens":0}"#.utf8))
    #expect(request.echoes && request.ranks == 1 && request.sampling.maximumTokens == 0)
    #expect(throws: APIError.self) {
      try CompletionRequest(Array(#"{"model":"m:base","prompt":"a","echo":true,"stream":true}"#.utf8))
    }
  }
}
