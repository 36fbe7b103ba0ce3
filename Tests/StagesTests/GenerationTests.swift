import Stages
import Testing

@Suite struct GenerationTests {
  @Test func tellsWhatTheModelRead() {
    func made(_ asked: [ConversationMessage]?) -> Generation {
      Generation(id: "a", instruction: "plain", text: "", tokens: [], finish: .end, asked: asked)
    }
    let attacked = ConversationMessage(role: .user, content: "attacked")
    #expect(made(nil).given == "plain")
    #expect(made([attacked]).given == "attacked")
    #expect(made([attacked, .init(role: .assistant, content: "yes"), attacked]).given == "plain")
  }
}
