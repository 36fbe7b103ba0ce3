import Foundation

/// A model's text, parted into its thinking aloud and what it says behind that.
///
/// Thinking stands at the start, between marks such as `<think>` and `</think>`. Some chat templates open it
/// themselves, so that the text has the closing mark alone.
package struct ReasonedText: Sendable, Hashable {
  /// What stands behind the thinking, or the whole text where there is none; nil where the thinking did not end.
  package let answer: String?

  /// The marks that models put around their thinking.
  private static let marks = [
    ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"), ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"), ("<reasoning>", "</reasoning>"),
  ]

  /// Parts a text.
  /// - Parameter beginsInThought: Whether the chat template opened the thinking that the text begins with.
  package init(_ text: String, beginsInThought: Bool = false) {
    var rest = text[...], isOpen = beginsInThought
    let mayClose = Self.mayClose(text)
    if let (open, close) = Self.marks.first(where: { rest.trimmedStart.hasPrefix($0.0) }) {
      isOpen = true
      if mayClose, let end = rest.range(of: close, options: .backwards) {
        rest = rest[end.upperBound...]
        isOpen = rest.trimmedStart.hasPrefix(open)
      }
    } else if mayClose, let end = Self.marks.lazy.compactMap({ rest.range(of: $0.1, options: .backwards) }).first {
      rest = rest[end.upperBound...]
      isOpen = Self.marks.contains { rest.trimmedStart.hasPrefix($0.0) }
    }
    answer = isOpen ? nil : rest.startIndex == text.startIndex ? text : String(rest.trimmedStart)
  }

  /// Whether a closing mark may stand in a text: its bytes are looked at much faster than it is searched.
  private static func mayClose(_ text: String) -> Bool {
    var before: UInt8 = 0
    for byte in text.utf8 {
      if byte == UInt8(ascii: "/"), before == UInt8(ascii: "<") || before == UInt8(ascii: "[") { return true }
      before = byte
    }
    return false
  }

  /// Whether a prompt's end opens thinking that the model goes on with.
  package static func isOpened(by prompt: String) -> Bool {
    let end = prompt.reversed().drop { $0.isWhitespace }.prefix(16).reversed()
    return marks.contains { String(end).hasSuffix($0.0) }
  }
}

extension Substring {
  fileprivate var trimmedStart: Substring { drop { $0.isWhitespace } }
}

extension Generation {
  /// What the model says behind its thinking aloud; nil where the thinking did not end.
  package var said: String? { ReasonedText(text, beginsInThought: beginsInThought ?? false).answer }
}
