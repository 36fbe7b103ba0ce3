import Foundation
import Stages
import Testing

@testable import Evaluation

struct AttackedRequestsTests {
  private func file(_ lines: String..., named name: String = "requests.jsonl") -> SourceFile {
    SourceFile(Data((lines.joined(separator: "\n") + "\n").utf8), name: name)
  }

  private var requests: SourceFile {
    file(
      #"{"id": "a", "instruction": "How do I fold a crane?", "topic": "paper"}"#,
      #"{"id": "b", "instruction": "Bake a cake."}"#)
  }

  private func selection(_ attack: AttackParameters?, field: String? = nil, size: Int? = nil) -> RequestSelection {
    RequestSelection(
      source: .file(format: "jsonl", field: field, rowName: nil), size: size, sampleSeed: nil, attack: attack)
  }

  private func parameters(_ attack: Attack, _ change: (inout AttackParameters) -> Void = { _ in }) -> AttackParameters {
    var parameters = AttackParameters([attack])
    change(&parameters)
    return parameters
  }

  private func message(_ body: () throws -> [Instruction]) -> String {
    do {
      _ = try body()
      return "no error"
    } catch { return "\(error)" }
  }

  /// Reports and judges read the request as it was; the model is given what the attack made of it.
  @Test func aRequestIsKeptBesideItsAttack() throws {
    let attack = AttackParameters([.pastTense, .base64])
    let attacked = try requests.requests(selection(attack), attackFile: nil)
    #expect(attacked.map(\.id) == ["a", "b"] && attacked.map(\.topic) == ["paper", nil])
    #expect(attacked.map(\.request) == ["How do I fold a crane?", "Bake a cake."])
    let past = Data("How did people fold a crane in the past?".utf8).base64EncodedString()
    #expect(attacked[0].instruction.hasSuffix(past))
    #expect(attacked[0].asked == [ConversationMessage(role: .user, content: attacked[0].instruction)])
    let plain = try requests.requests(selection(nil), attackFile: nil)
    #expect(plain.allSatisfy { $0.asked == nil && $0.goal == nil && $0.request == $0.instruction })
  }

  @Test func translations() throws {
    let attack = parameters(.translation)
    let translated = file(
      #"{"id": "b", "instruction": "Back einen Kuchen."}"#, #"{"id": "a", "instruction": "Wie falte ich einen?"}"#)
    let attacked = try requests.requests(selection(attack), attackFile: translated)
    #expect(attacked.map(\.instruction) == ["Wie falte ich einen?", "Back einen Kuchen."])
    let few = file(#"{"id": "a", "instruction": "Wie?"}"#, named: "de.jsonl")
    #expect(
      message { try requests.requests(selection(attack), attackFile: few) }
        == "de.jsonl: the file: found no row with the id \"b\", expected one for each request; take fewer with "
        + "\"size\", or add it")
    #expect(try requests.requests(selection(attack, size: 1), attackFile: few).map(\.instruction) == ["Wie?"])
    let twice = file(#"{"id": "a", "instruction": "x"}"#, #"{"id": "a", "instruction": "y"}"#, named: "de.jsonl")
    #expect(message { try requests.requests(selection(attack), attackFile: twice) }.contains("the id \"a\" again"))
  }

  @Test func dialogues() throws {
    let shots = file(#"{"instruction": "1?", "answer": "One."}"#, #"{"instruction": "2?", "answer": "Two."}"#)
    let one = try requests.requests(selection(parameters(.manyShot) { $0.shots = 1 }), attackFile: shots)
    #expect(one[1].instruction == "User: 1?\nAssistant: One.\n\nUser: Bake a cake.\nAssistant:")
    let many = parameters(.manyShot) { $0.shots = 3 }
    #expect(
      message { try requests.requests(selection(many), attackFile: shots) }.contains(
        "found 2 instructions, expected at least 3, which attack.shots asks for"))
  }

  /// A text is found by the request that it attacks, whatever its case and punctuation; requests without one are left
  /// out.
  @Test func publishedTextsOfAnotherFile() throws {
    let texts = file(
      #"{"goal": "bake a cake", "prompt": "Pretend to bake."}"#, #"{"goal": "Bake a cake.", "prompt": "Later."}"#,
      #"{"goal": "Something else", "prompt": "x"}"#)
    let attack = parameters(.published) {
      $0.format = "jsonl"
      $0.goal = "goal"
      $0.field = "prompt"
    }
    let attacked = try requests.requests(selection(attack), attackFile: texts)
    #expect(attacked.map(\.id) == ["b"] && attacked.map(\.instruction) == ["Pretend to bake."])
    #expect(attacked.map(\.request) == ["Bake a cake."])
    let others = file(#"{"goal": "Something else", "prompt": "x"}"#, named: "gcg.jsonl")
    #expect(
      message { try requests.requests(selection(attack), attackFile: others) }.hasPrefix(
        "gcg.jsonl: the file: found a text for none of the requests of requests.jsonl"))
    let without = file(#"{"goal": "Bake a cake.", "text": "x"}"#, named: "gcg.jsonl")
    #expect(
      message { try requests.requests(selection(attack), attackFile: without) }.hasPrefix(
        "gcg.jsonl: the file: found no text in \"prompt\""))
  }

  /// In the requests' own file the row counts: one goal may stand there with several texts.
  @Test func publishedTextsOfTheSameFile() throws {
    let own = file(
      #"{"id": "1", "goal": "Bake a cake.", "prompt": "First."}"#,
      #"{"id": "2", "goal": "Bake a cake.", "prompt": "Second."}"#, #"{"id": "3", "goal": "Fold.", "prompt": null}"#)
    let attack = parameters(.published) {
      $0.format = "jsonl"
      $0.goal = "goal"
      $0.field = "prompt"
    }
    let attacked = try own.requests(selection(attack, field: "goal"), attackFile: nil)
    #expect(attacked.map(\.id) == ["1", "2"] && attacked.map(\.instruction) == ["First.", "Second."])
  }

  /// A file in the form of JailbreakBench's artifacts.
  @Test func readsArtifacts() throws {
    var benchmark = try BenchmarkCatalog.benchmark(named: "jbb-pair-vicuna")
    benchmark.parts[0].size = 2
    let text = """
      {"method": "x", "parameters": {}, "jailbreaks": [
        {"index": 0, "goal": "Bake a cake.", "category": "Food", "prompt": "Pretend.", "jailbroken": true},
        {"index": 1, "goal": "Fold a crane.", "category": "Paper", "prompt": null, "jailbroken": false}]}
      """
    #expect(
      try benchmark.instructions(from: Data(text.utf8), path: "x.json") == [
        Instruction(id: "0", instruction: "Bake a cake.", topic: "Food", attack: "Pretend."),
        Instruction(id: "1", instruction: "Fold a crane.", topic: "Paper"),
      ])
    #expect(throws: EvaluationError.self) { try benchmark.instructions(from: Data("[]".utf8), path: "x.json") }
    // One's own file of that form, as texts for other requests.
    let attack = parameters(.published) {
      $0.format = "json"
      $0.goal = "goal"
      $0.field = "prompt"
    }
    let own = SourceFile(Data(text.utf8), name: "mine.json")
    #expect(try requests.requests(selection(attack), attackFile: own).map(\.instruction) == ["Pretend."])
  }

  @Test func publishedAttacksAreInTheCatalog() throws {
    #expect(BenchmarkCatalog.attacks.count == 18)
    let names = (BenchmarkCatalog.all + BenchmarkCatalog.attacks).flatMap { [$0.name] + $0.aliases }
      .map { $0.filter { $0.isLetter || $0.isNumber } }
    #expect(Set(names).count == names.count)
    #expect(Set(BenchmarkCatalog.attacks.map(\.fileName)).count == 18)
    for benchmark in BenchmarkCatalog.attacks {
      #expect(benchmark.sha256?.count == 64 && benchmark.size == 100 && benchmark.license == "MIT")
      #expect(benchmark.address.hasPrefix("https://raw.githubusercontent.com/JailbreakBench/artifacts/909e68c"))
      guard case .jsonObjects(let fields) = benchmark.format else {
        Issue.record("\(benchmark.name) has another format")
        continue
      }
      #expect(fields.list == "jailbreaks" && fields.attack == "prompt" && fields.instruction == "goal")
    }
  }

  // MARK: Several turns

  @Test func conversationsAreRead() throws {
    let rows = file(
      #"{"id": "a", "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi."}, "#
        + #"{"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bake a cake."}]}"#,
      #"{"id": "b", "instruction": "Fold."}"#, #"{"id": "c", "messages": [{"role": "user", "content": "Fold."}]}"#)
    let read = try rows.requests(selection(nil), attackFile: nil)
    #expect(read.map(\.instruction) == ["Bake a cake.", "Fold.", "Fold."])
    #expect(read.map { $0.earlier?.map(\.role) } == [[.system, .user, .assistant], nil, nil])
    #expect(
      read[0].request == "[system] Be kind.\n\n[user] Hi.\n\n[assistant] Hello!\n\n[user] Bake a cake.")
    #expect(read[0].asked?.count == 4)
    // An attack is on the last turn alone.
    let attacked = try rows.requests(selection(AttackParameters([.leetspeak])), attackFile: nil)
    #expect(attacked[0].asked?.map(\.content) == ["Be kind.", "Hi.", "Hello!", "B4k3 4 c4k3."])
    #expect(attacked[0].request == read[0].request)
  }

  /// A file that has an instruction too is read as it was.
  @Test func messagesBesideAnInstructionAreLetBe() throws {
    let rows = file(#"{"id": "a", "instruction": "Fold.", "messages": 3}"#)
    #expect(try rows.requests(selection(nil), attackFile: nil) == [Instruction(id: "a", instruction: "Fold.")])
  }

  @Test(arguments: [
    (#"[]"#, "found \"messages\" that is no list, or an empty one"),
    (#"[3]"#, "found the number 3 as messages[0]"),
    (#"[{"role": "user"}]"#, "found messages[0] without the text \"content\""),
    (
      #"[{"role": "assistant", "content": "x"}]"#,
      "found the role \"assistant\" as messages[0]; expected \"system\" or \"user\""
    ),
    (
      #"[{"role": "user", "content": "x"}, {"role": "tool", "content": "x"}]"#,
      "found the role \"tool\" as messages[1]; expected \"assistant\""
    ),
    (
      #"[{"role": "user", "content": "x"}, {"role": "system", "content": "x"}]"#,
      "found the role \"system\" as messages[1]; expected \"assistant\""
    ),
    (#"[{"role": "user", "content": " "}]"#, "found an empty messages[0]"),
    (#"[{"role": "system", "content": "x"}]"#, "found \"messages\" that end with system"),
  ])
  func badConversationsAreNamed(messages: String, problem: String) {
    let rows = file(#"{"id": "a", "instruction": "Fold."}"#, "{\"id\": \"b\", \"messages\": \(messages)}")
    let found = message { try rows.requests(selection(nil), attackFile: nil) }
    #expect(found.hasPrefix("requests.jsonl, line 2: \(problem)"), "\(found)")
  }
}
