package import JSON

/// How a model's conversations are framed.
package struct ConversationSettings: Sendable, Hashable {
  /// A built-in chat template's name, or a file's path; nil for the model's own.
  package var chatTemplate: String?
  /// Whether a thinking model thinks; nil leaves it to the template.
  package var thinking: Bool?
  /// The day that templates tell which tell one, as `2024-07-26`.
  package var date = Self.standardDate
  /// What else the template is given, by name.
  package var variables = JSONObject()

  /// The day that Llama 3.1's own template tells where it knows none.
  package static let standardDate = "2024-07-26"

  package init(chatTemplate: String? = nil, thinking: Bool? = nil, date: String = Self.standardDate) {
    self.chatTemplate = chatTemplate
    self.thinking = thinking
    self.date = date
  }

  /// The path of the chat template's file; nil for one by name. No name of ours looks like a path.
  package var templateFile: String? {
    chatTemplate.flatMap { $0.contains("/") || $0.contains(".") ? $0 : nil }
  }

  /// Year, month and day of a date as `2024-07-26`; nil for anything else.
  package static func parts(of date: String) -> (year: Int, month: Int, day: Int)? {
    let parts = date.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], date.allSatisfy({ $0 == "-" || ("0"..."9").contains($0) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), (1...12).contains(month)
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let length = month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    return (1...length).contains(day) ? (year, month, day) : nil
  }
}
