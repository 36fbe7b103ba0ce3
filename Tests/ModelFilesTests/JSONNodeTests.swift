import ModelFiles
import Testing

/// The strictness of the JSON in headers and configurations, seen through the metadata of a safetensors header.
@Suite struct JSONNodeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func accepts(_ header: String) throws -> Bool {
    let bytes = GGUFBuilder.little(UInt64(header.utf8.count)) + Array(header.utf8)
    let path = try folder.write(bytes, to: "a.safetensors")
    do {
      _ = try SafetensorsFile.read(path: path)
      return true
    } catch { return false }
  }

  private func node(_ text: String) throws -> JSONNode {
    try JSONNode(parsing: Array(text.utf8), path: "a.json", place: "top")
  }

  @Test func everyValueKnowsItsPlace() throws {
    let top = try node(#"{"b":{"c":[1,[true,"x"]]},"a":null}"#)
    #expect(top.place == "top")
    let list = try top.member("b").member("c")
    #expect(list.place == #"top, "b", "c""#)
    #expect(try list.elements()[1].elements()[1].place == #"top, "b", "c"[1][1]"#)
    #expect(try top.members()[1].value.members()[0].value.place == list.place)
    let error = try #require(throws: ModelFileError.self) { try list.integers() }
    #expect(error.description.contains(#"top, "b", "c"[1]: found a list, expected an integer"#), "\(error)")
  }

  @Test func membersStandInTheOrderOfTheirBytes() throws {
    // As texts the first two are equal, and the last two would stand the other way round in UTF-16.
    let members = try node("{\"\u{1F600}\":4,\"\u{FF5E}\":3,\"e\u{301}\":0,\"\u{E9}\":2,\"z\":1}").members()
    #expect(try members.map { try $0.value.integer() } == [0, 1, 2, 3, 4])
    #expect(members.map { Array($0.key.utf8).count } == [3, 1, 2, 3, 4])
  }

  @Test func valuesGiveOnlyWhatTheyAre() throws {
    let top = try node(#"{"n":1.5,"i":-7,"t":true,"s":"x","z":null,"o":{},"l":[]}"#)
    #expect(try top.member("n").number() == 1.5 && top.member("i").number() == -7)
    #expect(try top.member("t").bool() && top.member("s").string() == "x" && top.member("l").elements().isEmpty)
    #expect(try top.optional("z") == nil && top.optional("none") == nil)
    for (key, found) in [("n", "1.5"), ("t", "true"), ("s", "the text \"x\""), ("z", "null"), ("o", "an object")] {
      let error = try #require(throws: ModelFileError.self) { try top.member(key).integer() }
      #expect(error.description.contains("top, \"\(key)\": found \(found), expected an integer"), "\(error)")
    }
    #expect(throws: ModelFileError.self) { try top.member("i").bool() }
    #expect(throws: ModelFileError.self) { try top.member("l").member("x") }
    #expect(throws: ModelFileError.self) { try top.member("none") }
  }

  @Test func escapesAreRead() throws {
    let names = [
      (#"\u0041\u00e9\u20AC"#, "Aé€"), (#"\ud83d\ude00"#, "😀"), (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
    ]
    for (escaped, name) in names {
      let header = "{\"\(escaped)\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"
      let bytes = GGUFBuilder.little(UInt64(header.utf8.count)) + Array(header.utf8)
      let tensors = try SafetensorsFile.read(path: folder.write(bytes, to: "a.safetensors"))
      #expect(Array(tensors.keys) == [name])
    }
  }

  @Test(arguments: [
    "{}", "{ }\n\t\r ", #"{"__metadata__":{}}"#, #"{"__metadata__":{"a":"b","c":""}}"#,
    #"{"t":{"dtype":"F32","shape":[0,-0],"data_offsets":[0,0],"more":[null,true,false,-1.5e+3,0.25,{}]}}"#,
  ])
  func soundTextIsAccepted(header: String) throws {
    #expect(try accepts(header))
  }

  @Test(
    arguments: [
      "{,}", "{\"a\"}", "{\"__metadata__\":{\"a\":\"b\",}}", "{'__metadata__':{}}", "{\"__metadata__\":{}", "{}}",
      #"{"__metadata__":{"a":"\x"}}"#, #"{"__metadata__":{"a":"\u12"}}"#, #"{"__metadata__":{"a":"\ud83d"}}"#,
      #"{"__metadata__":{"a":"\ud83dx"}}"#, #"{"__metadata__":{"a":"\ude00"}}"#,
      #"{"__metadata__":{"a":"\ud83d\u0041"}}"#,
      "{\"__metadata__\":{\"a\":\"line\nbreak\"}}", #"{"__metadata__":{"a":"b","a":"b"}}"#,
      #"{"__metadata__":{"a":"b}}"#,
    ]
      + [
        "01", "+1", ".5", "1.", "1e", "--1", "1e999", "tru", "nul", "NaN", "Infinity", "0x1", "[1,]", "[1 2]", "[", "",
      ]
      .map { #"{"t":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":\#($0)}}"# })
  func brokenTextIsRefused(header: String) throws {
    #expect(try !accepts(header))
  }
}
