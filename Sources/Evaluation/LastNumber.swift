/// The last number of a text, in the one form in which equal numbers are equal texts.
///
/// Digits with a point, grouped by commas in threes or not at all; a minus sign counts where no letter or digit stands
/// before it (`3-4` ends with 4). Zeros that add nothing are left out: `1,200.50` is `1200.5`.
package enum LastNumber {
  /// The number; nil where there is none.
  package static func digits(in text: String) -> String? {
    let characters = Array(text)
    var last: String?, place = 0
    while place < characters.count {
      guard isDigit(characters[place]) else {
        place += 1
        continue
      }
      let start = place
      var whole = run(of: characters, at: &place)
      if whole.count <= 3 {
        while let group = group(in: characters, at: place) {
          whole += group
          place += 4
        }
      }
      var fraction = ""
      if place + 1 < characters.count, characters[place] == ".", isDigit(characters[place + 1]) {
        place += 1
        fraction = run(of: characters, at: &place)
      }
      last = canonical(isNegative: isNegative(characters, before: start), whole, fraction)
    }
    return last
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

  /// The digits from a place on, which is moved behind them.
  private static func run(of characters: [Character], at place: inout Int) -> String {
    let digits = characters[place...].prefix(while: isDigit)
    place += digits.count
    return String(digits)
  }

  /// The three digits behind a comma, where there are exactly three.
  private static func group(in characters: [Character], at place: Int) -> String? {
    guard place + 3 < characters.count, characters[place] == "," else { return nil }
    let digits = characters[(place + 1)...].prefix(while: isDigit)
    return digits.count == 3 ? String(digits) : nil
  }

  private static func isNegative(_ characters: [Character], before start: Int) -> Bool {
    var place = start - 1
    // As in `-$5`.
    if place >= 0, "$€£".contains(characters[place]) { place -= 1 }
    guard place >= 0, "-−".contains(characters[place]) else { return false }
    return place == 0 || !(characters[place - 1].isLetter || characters[place - 1].isNumber)
  }

  private static func canonical(isNegative: Bool, _ whole: String, _ fraction: String) -> String {
    let left = String(whole.drop { $0 == "0" }), right = String(fraction.reversed().drop { $0 == "0" }.reversed())
    let number = (left.isEmpty ? "0" : left) + (right.isEmpty ? "" : ".\(right)")
    return isNegative && number != "0" ? "-\(number)" : number
  }
}
