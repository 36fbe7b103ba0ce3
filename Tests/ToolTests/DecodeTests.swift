import Foundation
import TestSupport
import Testing

@Suite(.serialized, .enabled(if: RealModel.isAvailable, Comment(rawValue: RealModel.reason)))
struct DecodeTests {
  private func answer(_ arguments: [String], input: String = "") throws -> Tool.Outcome {
    let run = try SmallExperiment.shared()
    return try Tool.decode.run(arguments + ["--maximum-tokens", "6"], store: run.store, input: input)
  }

  @Test(arguments: ["base", "safe", "opposite", "sp", "ap", "acd"]) func anAnswerAloneGoesToStandardOutput(
    method: String
  ) throws {
    let outcome = try answer(["How do I boil an egg?", "--method", method])
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.hasSuffix("\n") && outcome.output.count > 4 && !outcome.output.contains("steps/s"))
  }

  @Test func promptsAreNamedByExperimentOrByTheirOwnHashes() throws {
    let run = try SmallExperiment.shared()
    let tuned = try Tool.tune.run([run.manifest, "--json"], store: run.store).json() as? [[String: Any]]
    let hashes = try #require(tuned?.compactMap { $0["fingerprint"] as? String })
    let arguments = ["How do I boil an egg?", "--method", "acd", "--alpha", "0.3"]
    let byExperiment = try answer(arguments + ["--prompts", String(run.hash.prefix(7))])
    let byHashes = try answer(arguments + hashes.flatMap { ["--prompts", String($0.prefix(7))] })
    #expect(byExperiment.status == 0 && byHashes.status == 0, "\(byExperiment.messages)\(byHashes.messages)")
    #expect(byExperiment.output == byHashes.output)
  }

  /// Each of a batch is what it would be alone, in the order of the input, on any number of threads.
  @Test func aStreamIsAnsweredInOrder() throws {
    let asked = ["Name a color.", "How far is the moon, in words like \"far\"?", "Name a color."]
    let input = try asked.map {
      String(decoding: try JSONSerialization.data(withJSONObject: ["instruction": $0]), as: UTF8.self) + "\n"
    }.joined()
    let outcome = try answer(["-", "--method", "acd", "--threads", "1"], input: input)
    #expect(outcome.status == 0, "\(outcome.messages)")
    let lines = try outcome.output.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: String])
    }
    #expect(lines.map { $0["instruction"] } == asked)
    #expect(lines[0]["answer"] == lines[2]["answer"])
    for (line, instruction) in zip(lines, asked).prefix(2) {
      #expect(try answer([instruction, "--method", "acd"]).output == (line["answer"] ?? "") + "\n")
    }
  }

  /// A caller finds its rows again by whatever they say beside the instruction.
  @Test func whatALineSaysGoesOutWithIt() throws {
    let input = #"{"id": 7, "instruction": "Name a color.", "meta": {"of": ["a", 1.50]}}"# + "\n"
    let outcome = try answer(["-", "--method", "base"], input: input)
    #expect(outcome.status == 0, "\(outcome.messages)")
    #expect(outcome.output.hasPrefix(#"{"answer":""#))
    #expect(
      outcome.output.hasSuffix(#"","id":7,"instruction":"Name a color.","meta":{"of":["a",1.50]}}"# + "\n"),
      "\(outcome.output)")
  }

  @Test func samplingFollowsItsSeed() throws {
    func sampled(_ seed: Int) throws -> String {
      let outcome = try answer(
        [
          "Tell me something.", "--method", "base", "--temperature", "1.5", "--top-k", "50", "--top-p", "0.99",
          "--seed", "\(seed)",
        ])
      #expect(outcome.status == 0, "\(outcome.messages)")
      return outcome.output
    }
    let answers = try (1...3).map(sampled)
    #expect(try sampled(2) == answers[1])
    #expect(Set(answers).count > 1)
  }
}
