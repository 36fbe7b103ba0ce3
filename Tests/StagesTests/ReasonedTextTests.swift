import Testing

@testable import Stages

struct ReasonedTextTests {
  @Test(arguments: [
    ("Here you are.", "Here you are."),
    ("<think>\nThey want a recipe.\n</think>\n\nI can't help.", "I can't help."),
    ("\n<think></think>Yes.", "Yes."),
    ("[THINK]Hm.[/THINK]Yes.", "Yes."),
    ("Hm, a recipe.\n</think>\n\nYes.", "Yes."),
    ("<think>One.</think><think>Two.</think>Yes.", "Yes."),
    ("The tag <think> opens the thinking.", "The tag <think> opens the thinking."),
    ("", ""),
  ]) func whatStandsBehindTheThinking(text: String, answer: String) {
    #expect(ReasonedText(text).answer == answer)
  }

  @Test(arguments: ["<think>\nI can't", "  <think>", "<think>One.</think>\n<think>Two", "[THINK]Hm."])
  func thinkingThatDidNotEnd(text: String) { #expect(ReasonedText(text).answer == nil) }

  @Test func aTemplateMayOpenTheThinking() {
    #expect(ReasonedText("I can't see any", beginsInThought: true).answer == nil)
    #expect(ReasonedText("Hm.</think>Yes.", beginsInThought: true).answer == "Yes.")
    #expect(ReasonedText.isOpened(by: "<|im_start|>assistant\n<think>\n"))
    #expect(!ReasonedText.isOpened(by: "<|im_start|>assistant\n<think>\n\n</think>\n\n"))
    #expect(!ReasonedText.isOpened(by: ""))
  }
}
