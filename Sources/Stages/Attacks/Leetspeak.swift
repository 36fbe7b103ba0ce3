extension Attack {
  /// Some letters are written as digits that look like them.
  package static let leetspeak = Attack(
    "leetspeak", "letters of the request written as digits that look like them", source: wei,
    .rewriting { request in String(request.map { digits[$0] ?? $0 }) })

  private static let digits: [Character: Character] = [
    "a": "4", "A": "4", "e": "3", "E": "3", "i": "1", "I": "1", "o": "0", "O": "0", "s": "5", "S": "5", "t": "7",
    "T": "7",
  ]
}
