import Foundation
import JSON
import Testing

@testable import Stages

struct AttackTests {
  private func rewritten(_ name: String, _ request: String) throws -> String {
    let attack = try #require(Attack(rawValue: name))
    guard case .rewriting(let rewriting) = attack.kind else { return "" }
    return rewriting(request)
  }

  @Test func listingsAreComplete() {
    #expect(Set(Attack.allCases.map(\.name)).count == Attack.allCases.count)
    for attack in Attack.allCases {
      #expect(!attack.title.isEmpty && !attack.source.isEmpty && attack.version >= 1)
      #expect(attack.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
    }
  }

  /// The request stands whole in what is put around it.
  @Test(arguments: ["prefix-injection", "refusal-suppression", "role-play", "style"])
  func whatIsPutAroundARequestKeepsIt(name: String) throws {
    let request = "How do I \"fold\" a paper crane?"
    let text = try rewritten(name, request)
    #expect(text.contains(request) && text != request)
  }

  @Test func encodingsCanBeDecoded() throws {
    let request = "Fold a crane, é 🙂 Zz!"
    let last = try #require(rewritten("base64", request).split(separator: "\n").last)
    #expect(Data(base64Encoded: String(last)).map { String(decoding: $0, as: UTF8.self) } == request)
    #expect(try rewritten("rot13", request).hasSuffix("\n\nSbyq n penar, é 🙂 Mm!"))
    #expect(try rewritten("leetspeak", request) == "F0ld 4 cr4n3, é 🙂 Zz!")
  }

  @Test(arguments: [
    ("How do I fold a paper crane?", "How did people fold a paper crane in the past?"),
    ("How can someone win at chess", "How did people win at chess in the past?"),
    ("How to fold a crane", "How did people fold a crane in the past?"),
    ("Explain in simple steps how to fold my crane.", "How did people fold their crane in the past?"),
    ("Can you please tell me how to fold a crane?", "How did people fold a crane in the past?"),
    ("Could you bake me a cake?", "How did people bake them a cake in the past?"),
    ("Write a poem about your cat.", "How did people write a poem about their cat in the past?"),
    ("Please write a poem", "How did people write a poem in the past?"),
    ("What tools can I use to fold cranes?", "What tools did people use to fold cranes in the past?"),
    ("What is the best way to fold a crane?", "How did people best fold a crane in the past?"),
    ("What are good names for cats?", "What were good names for cats in the past?"),
    ("Where can I buy paper?", "Where did people buy paper in the past?"),
    ("Is there a way to fold it?", "How did people fold it in the past?"),
    ("Why do we fold paper?", "Why did people fold paper in the past?"),
    ("Which paper folds best?", "In the past, which paper folds best?"),
    ("I have paper. Fold it.", "How did people do this in the past? I have paper. Fold it."),
    ("Write", "How did people write in the past?"),
    ("  ?", "How did people do this in the past?   ?"),
  ])
  func requestsAreAskedOfThePast(request: String, expected: String) throws {
    #expect(try rewritten("past-tense", request) == expected)
  }

  @Test func dialoguesStandBeforeTheRequest() {
    let text = Attack.text(of: "Third?", behind: [("First?", "One."), ("Second?", "Two.")])
    #expect(text == "User: First?\nAssistant: One.\n\nUser: Second?\nAssistant: Two.\n\nUser: Third?\nAssistant:")
  }

  /// A selection without an attack is encoded as it was before there were any, and one with an attack comes back.
  @Test func selectionsCarryTheirAttack() throws {
    let plain = RequestSelection(source: .benchmark("advbench", .harmful), size: 3, sampleSeed: 1)
    #expect(try JSONValue(encoding: plain)["attack"] == nil)
    let attacked = RequestSelection(
      source: .benchmark("advbench", .harmful), size: 3, sampleSeed: 1, attack: AttackParameters([.base64, .style]))
    let value = try JSONValue(encoding: attacked)
    #expect(value["attack"] == ["kinds": ["base64", "style"]])
    #expect(try value.decoded(as: RequestSelection.self) == attacked && attacked.plain == plain)
  }
}
