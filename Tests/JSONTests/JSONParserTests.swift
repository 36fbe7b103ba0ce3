import JSON
import Testing

@Suite struct JSONParserTests {
  @Test(arguments: [
    ("", "line 1, column 1: found the end of the text, expected a JSON value"),
    ("{\"a\": 1,}", "line 1, column 9: found \"}\", expected a key in quotation marks"),
    ("{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3: found \"\"\", expected \",\" or \"}\""),
    (
      "{\n \"a\": 1,\n \"a\": 2}",
      "line 3, column 2: found \"a\" again, expected a key that this object does not have yet"
    ),
    ("[1, 2", "line 1, column 6: found the end of the text, expected \",\" or \"]\""),
    ("[01]", "line 1, column 3: found \"1\", expected no digit after a leading 0"),
    ("[1.]", "line 1, column 4: found \"]\", expected a digit"),
    ("1e999", "line 1, column 1: found 1e999, expected a number of a magnitude below 1.8e308"),
    ("NaN", "line 1, column 1: found \"N\", expected a JSON value"),
    ("tru", "line 1, column 4: found the end of the text, expected \"true\""),
    (
      "\"a\nb\"",
      "line 1, column 3: found the end of the line, expected an escape, since a control character can't stand in a "
        + "string"
    ),
    (#""\ud800""#, "line 1, column 2: found one half, expected both halves of a surrogate pair"),
    (#""\ud800A""#, "line 1, column 2: found one half, expected both halves of a surrogate pair"),
    (#""\x""#, #"line 1, column 2: found \x, expected one of \" \\ \/ \b \f \n \r \t \u"#),
    ("{} {}", "line 1, column 4: found \"{\", expected the end of the text"),
  ])
  func refusesWithThePlace(text: String, message: String) {
    let error = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    #expect(error?.description == message)
  }

  @Test func readsEveryKindOfValue() throws {
    let text =
      #" { "n" : null , "t":true,"f":false,"i":-12,"d":2.5e-3,"s":"\"\\\/\b\f\n\r\tA\ud83d\ude02é","a":[ ], "o":{ } } "#
    let value = try JSONValue(parsing: text)
    let expected: JSONValue = [
      "n": nil, "t": true, "f": false, "i": -12, "d": 0.0025, "s": "\"\\/\u{8}\u{C}\n\r\tA😂é", "a": [], "o": [:],
    ]
    #expect(value == expected)
    #expect(value.object?.keys == ["n", "t", "f", "i", "d", "s", "a", "o"])
  }

  @Test func limitsTheNesting() throws {
    let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    #expect(throws: Never.self) { try JSONValue(parsing: deep) }
    let error = #expect(throws: JSONSyntaxError.self) {
      try JSONValue(parsing: String(repeating: "[", count: 100_000))
    }
    #expect(error?.expected == "at most 128 levels of nesting")
  }

  @Test func tellsKeysApartThatOnlyNormalizationMakesEqual() throws {
    let value = try JSONValue(parsing: "{\"\u{e9}\": 1, \"e\u{301}\": 2}")
    #expect(value["\u{e9}"] == 1)
    #expect(value["e\u{301}"] == 2)
    #expect(JSONValue.string("\u{e9}") != JSONValue.string("e\u{301}"))
  }

  @Test func keepsWholeNumbersExactUpToTheLimit() throws {
    #expect(try JSONValue(parsing: "9007199254740992").integer == 9_007_199_254_740_992)
    #expect(try JSONValue(parsing: "9007199254740994").integer == nil)
    #expect(try JSONValue(parsing: "1.5").integer == nil)
    #expect(try JSONValue(parsing: "1e3").integer == 1000)
  }

  @Test func equalityIgnoresTheOrderOfKeysAndHashesAlike() {
    let one: JSONValue = ["a": 1, "b": [2, "c"]]
    let other: JSONValue = ["b": [2, "c"], "a": 1.0]
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
    #expect(one != ["a": 1, "b": ["c", 2]])
  }
}
