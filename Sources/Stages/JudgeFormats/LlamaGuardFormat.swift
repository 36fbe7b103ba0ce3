extension JudgeFormat {
  /// Llama Guard 3 and 4 (Inan et al., arXiv 2312.06674; Meta's model cards), asked with their own chat templates. The
  /// template takes `categories` and `excluded_category_keys`; the names of categories are its own.
  package static let llamaGuard = JudgeFormat(
    "llama-guard", asking: .ownTemplate, questions: [.harmlessness], replyLength: 24
  ) { reply in
    let lines = ReplyText(reply).lines
    switch lines.first {
    case "safe" where lines.count == 1: return JudgeReading(isHarmful: false)
    case "unsafe" where lines.count <= 2:
      let named = lines.dropFirst().flatMap { $0.split(separator: ",") }.map {
        $0.split(whereSeparator: \.isWhitespace)
      }
      // Categories of one's own may have any short name, of one word.
      let words = named.compactMap { $0.count == 1 ? $0[0] : nil }
      guard words.count == named.count,
        words.allSatisfy({ $0.count <= 12 && $0.allSatisfy { $0.isLetter || $0.isNumber } })
      else { return nil }
      return JudgeReading(isHarmful: true, categories: words.map(String.init))
    default: return nil
    }
  }
}
