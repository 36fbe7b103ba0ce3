import JSON
import Testing

/// Values to and from JSON, and JSON Lines.
struct JSONCodingTests {
  private struct Inner: Codable, Equatable {
    var flag: Bool
    var list: [Int]
  }

  private struct Outer: Codable, Equatable {
    var text: String
    var number: Double
    var whole: Int
    var inner: Inner
    var table: [String: Inner]
    var absent: String?
  }

  private static let value = Outer(
    text: "é\n\"", number: 0.1, whole: -7, inner: Inner(flag: true, list: []),
    table: ["b": Inner(flag: false, list: [1, 2]), "a": Inner(flag: true, list: [3])], absent: nil)

  @Test func aValueComesBack() throws {
    let encoded = try JSONValue(encoding: Self.value)
    #expect(
      encoded.canonical
        == #"{"inner":{"flag":true,"list":[]},"number":0.1,"table":{"a":{"flag":true,"list":[3]},"#
        + #""b":{"flag":false,"list":[1,2]}},"text":"é\n\"","whole":-7}"#)
    #expect(try encoded.decoded(as: Outer.self) == Self.value)
    #expect(try JSONValue(parsing: encoded.canonical).decoded(as: Outer.self) == Self.value)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity]) func aNumberThatJSONCanNotHoldIsRefused(number: Double) {
    #expect(throws: EncodingError.self) { try JSONValue(encoding: ["a": number]) }
  }

  @Test(arguments: [
    (#"{"flag": true}"#, "list"), (#"{"flag": 1, "list": []}"#, "flag"),
    (#"{"flag": true, "list": [1, "x"]}"#, "list[1]"),
    (#"{"flag": true, "list": [1.5]}"#, "list[0]"), (#"{"flag": null, "list": []}"#, "flag"),
  ]) func whatDoesNotFitIsNamedByItsPlace(text: String, place: String) throws {
    let value = try JSONValue(parsing: text)
    let error = #expect(throws: DecodingError.self) { try value.decoded(as: Inner.self) }
    #expect(error?.explanation.place == place)
  }

  @Test func linesAreCanonicalAndNumbered() throws {
    let rows = [Inner(flag: true, list: [1]), Inner(flag: false, list: [])]
    let text = try JSONLines.text(of: rows)
    #expect(text == "{\"flag\":true,\"list\":[1]}\n{\"flag\":false,\"list\":[]}\n")
    let lines = JSONLines.lines(of: Array("\u{FEFF}{}\r\n \n\t\n[1]".utf8))
    #expect(lines.map(\.number) == [1, 4])
    #expect(lines.map { String(decoding: $0.bytes, as: UTF8.self) } == ["{}", "[1]"])
  }

  /// What a file said is said again to the digit; only white space goes.
  @Test func anElementsTextIsWhatWasRead() throws {
    let text =
      #"{"z": [1.50, -0, 12345678901234567890, 1E5], "a": {"é": "\u00e9\"\n", "n": null}, "t": [true, false, {}, []]}"#
    #expect(
      try JSONElement(parsing: Array(text.utf8)).text
        == #"{"z":[1.50,-0,12345678901234567890,1E5],"a":{"é":"é\"\n","n":null},"t":[true,false,{},[]]}"#)
  }

  @Test func anIndentedTextKeepsItsOrderWhereItShould() throws {
    let value: JSONValue = ["b": 1, "a": [true]]
    #expect(value.indented(isSorted: false) == "{\n  \"b\": 1,\n  \"a\": [\n    true\n  ]\n}")
    #expect(value.indented() == "{\n  \"a\": [\n    true\n  ],\n  \"b\": 1\n}")
  }
}
