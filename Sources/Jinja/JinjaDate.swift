/// The time that `strftime_now` tells: a value of the caller's, since what a template says of the time is part of a
/// conversation.
package struct JinjaDate: Hashable, Sendable {
  package let year: Int
  /// 1 to 12.
  package let month: Int
  /// 1 to 31.
  package let day: Int
  package let hour: Int
  package let minute: Int
  package let second: Int

  /// A time.
  package init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
    self.year = year
    self.month = month
    self.day = day
    self.hour = hour
    self.minute = minute
    self.second = second
  }

  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

  /// The days before a month of a year of 365.
  private static let daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]

  private var month0: Int { min(max(month - 1, 0), 11) }

  private var dayOfYear: Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return Self.daysBefore[month0] + day + (isLeap && month > 2 ? 1 : 0)
  }

  /// 0 is Sunday (Sakamoto's rule).
  private var weekday: Int {
    let offsets = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
    let year = month < 3 ? year - 1 : year
    let sum = year + year / 4 - year / 100 + year / 400 + offsets[month0] + day
    return ((sum % 7) + 7) % 7
  }

  /// The time in a format of C's `strftime`, in English; what is no field of it stays as it is.
  func text(_ format: String) -> String {
    func padded(_ number: Int, _ width: Int = 2, _ fill: Character = "0") -> String {
      let digits = "\(number)"
      return String(repeating: fill, count: max(0, width - digits.count)) + digits
    }
    let halfDayHour = hour % 12 == 0 ? 12 : hour % 12
    var result = "", characters = Array(format)[...]
    while let character = characters.popFirst() {
      guard character == "%", var field = characters.popFirst() else {
        result.append(character)
        continue
      }
      var isBare = false
      if field == "-", let next = characters.popFirst() {
        isBare = true
        field = next
      }
      func number(_ value: Int, _ width: Int = 2) -> String { isBare ? "\(value)" : padded(value, width) }
      switch field {
      case "Y": result += padded(year, isBare ? 1 : 4)
      case "y": result += number(year % 100)
      case "m": result += number(month)
      case "d": result += number(day)
      case "e": result += isBare ? "\(day)" : padded(day, 2, " ")
      case "H": result += number(hour)
      case "I": result += number(halfDayHour)
      case "M": result += number(minute)
      case "S": result += number(second)
      case "j": result += number(dayOfYear, 3)
      case "B": result += Self.months[month0]
      case "b", "h": result += Self.months[month0].prefix(3)
      case "A": result += Self.days[weekday]
      case "a": result += Self.days[weekday].prefix(3)
      case "w": result += "\(weekday)"
      case "u": result += "\(weekday == 0 ? 7 : weekday)"
      case "p": result += hour < 12 ? "AM" : "PM"
      case "F": result += text("%Y-%m-%d")
      case "T", "X": result += text("%H:%M:%S")
      case "R": result += text("%H:%M")
      case "D", "x": result += text("%m/%d/%y")
      case "c": result += text("%a %b %e %H:%M:%S %Y")
      case "n": result += "\n"
      case "t": result += "\t"
      case "%": result += "%"
      case "Z", "z": break
      default: result += "%" + (isBare ? "-" : "") + String(field)
      }
    }
    return result
  }
}
