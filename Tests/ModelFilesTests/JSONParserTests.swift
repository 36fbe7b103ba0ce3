import ModelFiles
import Testing

/// The strictness of the JSON in headers and configurations, seen through the metadata of a safetensors header.
@Suite struct JSONParserTests {
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
