import Decoding
import EngineContract
import Evaluation
import Experiments
import Foundation
import JSON
import NativeEngine
import Pipeline
import Serving
import Stages
import TestSupport
import Testing
import Tokenization

/// The server as clients meet it.
@Suite(.enabled(if: RealModel.isAvailable, "\(RealModel.reason)"), .serialized)
struct ServerTests {
  private static let question = "Name three fruits."

  private func chat(_ method: String, _ more: JSONObject = JSONObject()) throws -> JSONValue {
    var body = JSONObject()
    body["model"] = try RunningServer.model(method)
    body["messages"] = [["role": "user", "content": .string(Self.question)]]
    body["temperature"] = 0
    body["max_tokens"] = 12
    for member in more.members { body[member.key] = member.value }
    return .object(body)
  }

  private func object(_ value: JSONValue) -> JSONObject { value.object ?? JSONObject() }

  /// What the engine says by itself.
  private func alone(
    _ method: String, alpha: Double? = nil, sampling: AnswerSampling = .greedy(maximumTokens: 12), sample: Int = 0
  ) throws -> String {
    var section = JSONObject()
    section["method"] = .string(method)
    section["alpha"] = alpha.map(JSONValue.number)
    let engine = try RunningServer.engine.get(), prepared = try RunningServer.method(DecodingSettings(.object(section)))
    let answer = try engine.answers(
      to: [prepared.request(Self.question, sample: sample)], under: prepared.setup, sampling: sampling,
      watch: GenerationWatch())[0]
    return engine.tokenizer.decode(answer.tokens)
  }

  private func content(_ reply: RunningServer.Reply, choice: Int = 0) throws -> String? {
    try reply.json["choices"]?.array?[choice]["message"]?["content"]?.string
  }

  @Test func answersAreTheEngines() async throws {
    let cases: [(String, String, Double?)] = [
      ("base", "base", nil), ("safe", "safe", nil), ("sp", "sp", nil), ("acd-0.4", "acd", 0.4), ("acd", "acd", nil),
      ("acd-0.8", "acd", 0.8),
    ]
    let expected = try cases.map { try alone($0.1, alpha: $0.2) }
    #expect(Set(expected).count > 3)
    try await RunningServer.run { server async throws in
      // All at the same time: one batch.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, found) in cases.enumerated() {
          group.addTask {
            let reply = try await server.post("v1/chat/completions", try chat(found.0))
            #expect(reply.status == 200, "\(reply.text)")
            #expect(try content(reply) == expected[index])
            let usage = try reply.json["usage"]
            // Some answers are ended by the model, the others are as long as allowed.
            let tokens = usage?["completion_tokens"]?.integer ?? 0, prompt = usage?["prompt_tokens"]?.integer ?? 0
            #expect(usage?["total_tokens"]?.integer == prompt + tokens && prompt > 0)
            let end = try reply.json["choices"]?.array?[0]["finish_reason"]
            #expect(end == (tokens < 12 ? "stop" : "length"))
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test func aSampleIsAFunctionOfItsSeed() async throws {
    let sampling = AnswerSampling(
      SamplingParameters(temperature: 1, topP: 0.9, topK: 0), seed: 5, maximumTokens: 12)
    let expected = try (0..<3).map {
      try alone("base", sampling: sampling, sample: GenerationRequest.sample(of: 0, answer: $0))
    }
    try await RunningServer.run { server async throws in
      let body = try chat("base", object(["temperature": 1, "top_p": 0.9, "seed": 5, "n": 3]))
      let reply = try await server.post("v1/chat/completions", body)
      #expect(try (0..<3).map { try content(reply, choice: $0) } == expected)
    }
  }

  @Test func eventsAreTheAnswerInPieces() async throws {
    let expected = try alone("acd", alpha: 0.4)
    try await RunningServer.run { server async throws in
      let body = try chat(
        "acd-0.4", object(["stream": true, "stream_options": ["include_usage": true], "logprobs": true]))
      let reply = try await server.post("v1/chat/completions", body)
      #expect(reply.status == 200 && reply.headers["content-type"]?.hasPrefix("text/event-stream") == true)
      #expect(reply.events.last == "[DONE]")
      let chunks = try reply.events.dropLast().map { try JSONValue(parsing: $0) }
      let deltas = chunks.compactMap { $0["choices"]?.array?.first?["delta"]?["content"]?.string }
      #expect(deltas.joined() == expected && deltas.count > 5)
      #expect(chunks.first?["choices"]?.array?.first?["delta"]?["role"] == "assistant")
      let ends = chunks.compactMap { $0["choices"]?.array?.first?["finish_reason"]?.string }
      #expect(ends == ["length"])
      #expect(chunks.last?["usage"]?["completion_tokens"] == 12 && chunks.last?["choices"] == .array([]))
      let told = chunks.compactMap { $0["choices"]?.array?.first?["logprobs"]?["content"]?.array }.joined()
      #expect(told.count == 12 && told.allSatisfy { ($0["logprob"]?.number ?? 1) <= 0 })
    }
  }

  @Test func aStopTextEndsTheAnswer() async throws {
    let whole = try alone("base"), stop = String(whole.dropFirst(5).prefix(4))
    let before = try #require(whole.range(of: stop)).lowerBound
    try await RunningServer.run { server async throws in
      let reply = try await server.post("v1/chat/completions", try chat("base", object(["stop": .string(stop)])))
      #expect(try content(reply) == String(whole[..<before]))
      #expect(try reply.json["choices"]?.array?[0]["finish_reason"] == "stop")
    }
  }

  /// A text's log-probabilities are what the engine scores it with.
  @Test(arguments: ["base", "acd-0.4"]) func echoedTokensAreTheEnginesScores(method: String) async throws {
    let engine = try RunningServer.engine.get()
    let tokens = try engine.tokenizer.encode("The capital of France is Paris. Water is wet.", special: .asText)
    var setup = MethodSetup([.tokens([])])
    if method != "base" {
      setup = try RunningServer.method(DecodingSettings(["method": "acd", "alpha": 0.4] as JSONValue)).setup
      for index in setup.streams.indices {
        setup.streams[index].prompt.removeAll { if case .tokens = $0 { true } else { false } }
      }
    }
    let score = try engine.scores(
      of: [ContinuationRequest(turns: [[tokens[0]]], continuation: Array(tokens.dropFirst()))], under: setup,
      reference: nil, onProgress: { _ in })[0]
    try await RunningServer.run { server async throws in
      var body: JSONObject = object(["echo": true, "logprobs": 1, "max_tokens": 1, "temperature": 0])
      body["model"] = try RunningServer.model(method)
      body["prompt"] = [.array(tokens.map(JSONValue.integer)), .array(tokens.prefix(3).map(JSONValue.integer))]
      let reply = try await server.post("v1/completions", .object(body))
      #expect(reply.status == 200, "\(reply.text)")
      let choices = try #require(try reply.json["choices"]?.array)
      let told = try #require(choices[0]["logprobs"])
      let own = try #require(told["token_logprobs"]?.array)
      #expect(own.count == tokens.count + 1 && own[0] == .null && choices[1]["logprobs"]?["tokens"]?.array?.count == 4)
      assertClose(
        own.dropFirst().prefix(score.logProbabilities.count).map { $0.number ?? 0 }, score.logProbabilities,
        within: .absolute(1e-4))
      for (value, top) in zip(own, told["top_logprobs"]?.array ?? []).dropFirst() {
        #expect(top.object?.members.contains { $0.value == value } == true)
      }
    }
  }

  @Test func whatIsWrongIsNamed() async throws {
    try await RunningServer.run(bodyLimit: 100_000) { server async throws in
      func status(_ body: JSONValue) async throws -> (Int, String?) {
        let reply = try await server.post("v1/chat/completions", body)
        return (reply.status, reply.code)
      }
      let long = String(repeating: "word ", count: 9000)
      let tooLong = try chat("base", object(["messages": [["role": "user", "content": .string(long)]]]))
      #expect(try await status(tooLong) == (400, "context_length_exceeded"))
      #expect(try await status(chat("base", object(["model": "other"]))) == (404, "model_not_found"))
      #expect(try await status(chat("nothing")) == (404, "model_not_found"))
      #expect(try await status(chat("safe-decoding")) == (404, "model_not_found"))
      #expect(try await status(chat("acd", object(["alpha": -1]))) == (400, "invalid_value"))
      #expect(try await status(chat("base", object(["logit_bias": ["5": 1]]))) == (400, "unsupported_parameter"))
      #expect(try await status(chat("opposite")) == (403, "adversarial_method"))
      #expect(try await server.post("v1/chat/completions", bytes: Data("{".utf8)).code == "invalid_json")
      #expect(try await server.post("v1/chat/completions", bytes: Data(count: 200_000)).status == 413)
      #expect(try await server.post("v1/nothing", .object(JSONObject())).status == 404)
      #expect(try await server.get("v1/chat/completions").status == 404)
      // After all that it still answers.
      #expect(try await status(chat("base")).0 == 200)
    }
  }

  @Test func methodsThatWeakenSafetyAreAskedForByName() async throws {
    try await RunningServer.run(allowsAdversarial: true) { server async throws in
      #expect(try await server.post("v1/chat/completions", try chat("opposite")).status == 200)
      #expect(try await server.get("v1/models").text.contains(":opposite"))
    }
    try await RunningServer.run { server async throws in
      let models = try await server.get("v1/models").json["data"]?.array?.compactMap { $0["id"]?.string } ?? []
      let name = try RunningServer.engine.get().modelName
      for method in ["base", "safe", "sp", "acd-0.4"] { #expect(models.contains("\(name):\(method)")) }
      #expect(!models.contains { $0.hasSuffix(":opposite") || $0.hasSuffix(":ap") })
      #expect(try await server.get("v1/models/\(name):base").json["id"]?.string == "\(name):base")
    }
  }

  @Test func strangersAreTurnedAway() async throws {
    try await RunningServer.run { server async throws in
      for headers in [
        ["Origin": "https://example.org"], ["Host": "example.org"], ["Sec-Fetch-Site": "cross-site"],
        ["Origin": "null"],
      ] {
        #expect(try await server.post("v1/chat/completions", try chat("base"), headers: headers).status == 403)
      }
      #expect(try await server.get("v1/models", headers: ["Origin": "https://example.org"]).status == 403)
    }
    try await RunningServer.run(key: "secret") { server async throws in
      #expect(try await server.get("v1/models").status == 401)
      #expect(try await server.get("v1/models", key: "secrets").status == 401)
      #expect(try await server.get("v1/models", key: "secret").status == 200)
      #expect(try await server.get("health").status == 200)
    }
    #expect(throws: ServingError.needsKey(address: "0.0.0.0")) { try Door(address: "0.0.0.0", key: nil) }
  }

  @Test func aFullQueueIsTold() async throws {
    try await RunningServer.run(limits: LiveBatch.Limits(running: 1, waiting: 1)) { server async throws in
      let reply = try await server.post("v1/chat/completions", try chat("base", object(["n": 8])))
      #expect(reply.status == 429 && reply.code == "queue_full")
      #expect(Int(reply.headers["retry-after"] ?? "") != nil)
    }
  }

  @Test func tokensCanBeAskedFor() async throws {
    try await RunningServer.run { server async throws in
      let text = "Hello <|im_start|> wörld"
      let tokens = try await server.post("tokenize", ["prompt": .string(text), "add_special_tokens": false])
      let ids = try #require(try tokens.json["tokens"])
      #expect(try await server.post("detokenize", ["tokens": ids]).json["prompt"]?.string == text)
      let information = try await server.get("tokenizer_info").json
      #expect(information["eos_token"] == "<|im_end|>" && information["chat_template"]?.string?.isEmpty == false)
      #expect(try await server.post("detokenize", ["tokens": [99_999_999]]).status == 400)
    }
  }

  @Test func whatAMethodDidIsToldTokenByToken() async throws {
    let expected = try alone("acd", alpha: 0.4)
    try await RunningServer.run { server async throws in
      let reply = try await server.post(
        "antipode/compare",
        [
          "model": try RunningServer.model("acd"), "instruction": .string(Self.question), "max_tokens": 12,
          "alpha": 0.4,
        ])
      #expect(reply.events.last == "[DONE]")
      let events = try reply.events.dropLast().map { try JSONValue(parsing: $0) }
      #expect(events.dropLast().compactMap { $0["text"]?.string }.joined() == expected)
      #expect(events.dropLast().allSatisfy { $0["streams"]?.array?.count == 2 && $0["favorite"]?.integer != nil })
      #expect(events.last?["done"] == true && events.last?["weakens_safety"] == false)
      let page = try await server.get("page", query: "a=1%202", headers: ["B": "c"])
      #expect(page.text == "1 2 c" && page.headers["content-type"] == "text/plain")
      #expect(try await server.get("other").status == 404)
    }
  }

  /// A client that leaves frees its place: the next one need not wait for a long answer.
  @Test func whoLeavesFreesAPlace() async throws {
    try await RunningServer.run(limits: LiveBatch.Limits(running: 1, waiting: 4)) { server async throws in
      let long = try chat("base", object(["max_tokens": 4000, "temperature": 1.5]))
      // An answer that ends by itself before it is seen to run is asked for again.
      var leaver = Task { try await server.post("v1/chat/completions", long) }
      for attempt in 1... {
        try #require(attempt < 2_000)
        if try await server.get("health").json["running"] == 1 { break }
        if attempt.isMultiple(of: 100) {
          leaver.cancel()
          leaver = Task { try await server.post("v1/chat/completions", long) }
        }
        try await Task.sleep(for: .milliseconds(20))
      }
      leaver.cancel()
      _ = await leaver.result
      while try await server.get("health").json["running"] != 0 { try await Task.sleep(for: .milliseconds(20)) }
      #expect(try await server.post("v1/chat/completions", try chat("base")).status == 200)
    }
  }
}
