/// At which ends of a message's content a chat template takes the white space.
struct Trimming: Hashable, Sendable {
  var start = false
  var end = false

  /// What the template leaves of a content.
  func text(of content: String) -> String {
    var rest = content[...]
    if start { rest = rest.drop(while: \.isWhitespace) }
    while end, rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
