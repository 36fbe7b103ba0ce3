import Evaluation
import Testing

struct LastNumberTests {
  @Test(arguments: [
    ("She has 3 apples and 4 pears, so 7 in all.", "7"), ("#### 1,234", "1234"), ("It costs $1,200.50.", "1200.5"),
    ("The answer is -5", "-5"), ("a loss of −$7.00", "-7"), ("between 3-4", "4"), ("x-2", "2"), ("007", "7"),
    ("0.50", "0.5"), ("-0.0", "0"), ("1,23", "23"), ("1234,567", "567"), ("3.", "3"), ("12 of 20 (60%)", "60"),
    ("10,000,000 people", "10000000"), ("version 1.2.3", "3"), ("= 18", "18"), ("5,", "5"),
  ])
  func isInOneForm(text: String, digits: String) { #expect(LastNumber.digits(in: text) == digits) }

  @Test(arguments: ["", "no number here", "one hundred", "-", ".,$", "½ ² ٣"])
  func isNothingWithoutDigits(text: String) { #expect(LastNumber.digits(in: text) == nil) }
}
