import Compute
import EngineContract
import Foundation
import ModelFiles
import NativeEngine
import TestSupport
import Testing
import Tokenization

@testable import TransformersEngine

/// Models whose tokenizer or chat template ours do not know, and those that both know.
@Suite(.serialized, .enabled(if: SecondEngine.isAvailable, "\(SecondEngine.reason)"))
@EngineActor struct OwnTokenizerTests {
  /// Checkpoints with such tokenizers, written once.
  private static let checkpoints = Result { try SecondEngine.written(by: "own_tokenizers.py") }
  private static let worker = Result { try SecondEngine.makeTextWorker() }

  private func found(_ name: String) throws -> FoundModel {
    try FoundModel(Self.checkpoints.get().appending(path: name).path, own: Self.worker.get().tokenizer)
  }

  @Test(arguments: ["wordpiece", "unigram", "wordlevel"]) func anOwnTokenizerIsTaken(kind: String) throws {
    let path = try Self.checkpoints.get().appending(path: kind).path
    #expect(throws: (any Error).self) { try FoundModel(path) }
    let model = try found(kind), conversation = try model.conversation(), tokenizer = conversation.tokenizer
    #expect(tokenizer.isOwn && model.provenance["texts"]?.contains("own tokenizer is taken (transformers") == true)
    #expect(try model.tokenizer == found(kind).tokenizer && model.tokenizer != found("plain").tokenizer)
    // [TURN] and [END], which no instruction can speak.
    let ids = try conversation.frame(.text("you are an egg")).ids("how do you do [END] [TURN]")
    #expect(ids.filter { [4, 5].contains($0) } == [4, 5, 4, 5, 4])
    #expect(conversation.stopTokens == [5] && conversation.endToken == 5)
    let text = try tokenizer.text(of: ids)
    #expect(text.contains("how do you do") && !text.contains("[END]"), "\(text)")
    // Around a soft prompt stand the same ids.
    let frame = try conversation.frame(.softPrompt), content = try conversation.systemContent("you are an egg")
    #expect(try frame.beforePrompt + content + frame.afterPrompt + frame.turn("how do you do [END] [TURN]") == ids)
    // Texts that come token by token are the text.
    var stream = TextStream(tokenizer), pieces = ""
    for id in ids { pieces += try stream.next(id) }
    #expect(pieces + stream.rest() == text)
  }

  @Test func itsOwnLibraryRunsATemplate() throws {
    let path = try Self.checkpoints.get().appending(path: "blocks").path
    #expect(throws: TokenizationError.self) { try FoundModel(path).conversation() }
    let model = try found("blocks"), conversation = try model.conversation()
    #expect(!conversation.tokenizer.isOwn && model.provenance["texts"]?.contains("own library") == true)
    #expect(conversation.placement == .system)
    let ours = try ConversationEncoder(
      ChatTemplate(
        name: "ours",
        source: """
          {%- for message in messages %}{{ '<|im_start|>' + message['role'] + ': ' + message['content'] }}\
          {{- '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant: ' }}{% endif %}
          """), tokenizer: conversation.tokenizer)
    for system in [ConversationEncoder.System.absent, .text("Be brief."), .text(""), .softPrompt] {
      let found = try conversation.frame(system), expected = try ours.frame(system)
      #expect(found.beforePrompt == expected.beforePrompt && found.afterPrompt == expected.afterPrompt, "\(system)")
      #expect(try found.turn("Hello <|im_end|>") == expected.turn("Hello <|im_end|>"), "\(system)")
    }
    #expect(conversation.stopTokens == ours.stopTokens && conversation.endToken == ours.endToken)
    // Our own engine goes on refusing it.
    #expect(throws: TokenizationError.self) { try model.load(on: ComputeContext(threads: 1)) }
  }

  /// A model that has no template is framed as our own engine does it.
  @Test func withoutATemplateItIsThePlainOne() throws {
    let conversation = try found("plain").conversation()
    #expect(conversation.template.name == ChatTemplate.own(nil).name)
    let ids = try conversation.frame(.text("you are an egg")).ids("how do you do")
    #expect(ids.first == 2, "it begins with what the model expects there")
    #expect(try conversation.tokenizer.text(of: ids).contains("how do you do"))
  }

  /// Where both can, the ids are the same.
  @Test(arguments: ["gpt2", "smollm", "llama3", "qwen2", "bloom", "llama2", "mistral-first", "mistral-always", "gemma"])
  func theIDsAreOurs(family: String) throws {
    let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(
      path: "../TokenizationTests/Fixtures/families"
    ).standardized
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "tokenizer.json")
    try FileManager.default.copyItem(at: fixtures.appending(path: "\(family).json"), to: file)
    let configuration = #"{"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false}"#
    try Data(configuration.utf8).write(to: folder.appending(path: "tokenizer_config.json"))
    let ours = try Tokenizer(TokenizerDescription(tokenizer: JSONNode(file: file.path)))
    let own = try Tokenizer(own: Self.worker.get().tokenizer(of: folder.path))
    #expect(own.hasSameTokens(as: ours))
    let texts = try JSONDecoder().decode(
      [String].self, from: Data(contentsOf: fixtures.appending(path: "texts.json")))
    // Every seventh, and those with the spelling of control tokens.
    let chosen = texts.enumerated().filter { $0.offset % 7 == 0 || $0.element.contains("<s>") }.map(\.element)
    #expect(chosen.count > 80)
    for text in chosen {
      for special in [SpecialTokenPolicy.parse, .asText] {
        #expect(
          try own.encode(text, special: special) == ours.encode(text, special: special),
          "\(family), \(special): \(text.debugDescription)")
      }
      let ids = try ours.encode(text, special: .parse)
      #expect(try own.text(of: ids, skippingSpecial: false) == ours.decode(ids, skippingSpecial: false))
    }
    let pieces = [
      TextPiece("<|im_start|>user\n", special: .parse), TextPiece("a <|im_end|> b", special: .asText),
      TextPiece("<|im_end|>\n", special: .parse),
    ]
    #expect(try own.encode(pieces) == ours.encode(pieces))
    for text in ["egg", " egg", "\n\negg", ".", "12", "<|im_end|>\n"] {
      #expect(
        try own.encode(text, special: .parse, continuing: true)
          == ours.encode(text, special: .parse, continuing: true), "\(family): \(text.debugDescription)")
    }
  }

  /// Its process may be killed: it is started again, and nobody sees it.
  @Test func aKilledProcessIsStartedAgain() throws {
    let worker = try SecondEngine.makeTextWorker()
    let path = try Self.checkpoints.get().appending(path: "unigram").path
    let tokenizer = try Tokenizer(own: worker.tokenizer(of: path))
    let expected = try tokenizer.encode("tell me of an egg", special: .asText)
    let process = try #require(worker.processIdentifier)
    kill(process, SIGKILL)
    #expect(try tokenizer.encode("tell me of an egg", special: .asText) == expected)
    #expect(try tokenizer.text(of: expected) == "tell me of an egg")
    #expect(worker.processIdentifier != process)
  }

  @Test func aFolderWithoutATokenizerSaysWhatBothSay() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-tests-\(UUID().uuidString)")
    try FileManager.default.copyItem(at: Self.checkpoints.get().appending(path: "wordpiece"), to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.removeItem(at: folder.appending(path: file))
    }
    do {
      _ = try FoundModel(folder.path, own: Self.worker.get().tokenizer)
      Issue.record("a model without a tokenizer is taken")
    } catch {
      let message = "\(error)"
      #expect(message.contains("tokenizer.json") && message.contains("can't read its tokenizer either"), "\(message)")
    }
  }
}
