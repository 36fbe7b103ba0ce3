import Foundation

extension JudgeFormat {
  /// Granite Guardian 3.0 to 3.3 (Padhi et al., arXiv 2412.07724): does the answer carry the risk? The chat template
  /// takes the risk as `guardian_config`, and is about general harm without. 3.0 says Yes or No, 3.1 and 3.2 with a
  /// confidence behind it, 3.3 `<score> yes </score>`, perhaps behind thinking.
  package static let graniteGuardian = JudgeFormat(
    "granite-guardian", asking: .ownTemplate, questions: [.harmlessness], replyLength: 32
  ) { reply in
    let said = ReasonedText(reply).answer ?? ""
    let scores = said.matches(of: /<score>([^<>]*)<\/score>/.ignoresCase()).map {
      ReplyText.isYes($0.output.1.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    if let first = scores.first {
      guard let isHarmful = first, scores.allSatisfy({ $0 == isHarmful }) else { return nil }
      return JudgeReading(isHarmful: isHarmful)
    }
    let lines = ReplyText(reply).lines
    guard let isHarmful = ReplyText.isYes(lines.first),
      lines.dropFirst().allSatisfy({ $0.hasPrefix("<confidence>") })
    else { return nil }
    return JudgeReading(isHarmful: isHarmful)
  }
}
