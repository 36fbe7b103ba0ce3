import Fingerprints
import JSON
import Stages
import Sweeps
import Testing

/// The file that says what workers are to do.
@Suite struct StageFileTests {
  @Test func comesBackAsItWas() throws {
    let stage = Fingerprint(of: "stage"), experiment = Fingerprint(of: "experiment")
    let file = StageFile(
      experiments: [experiment],
      waves: [[[.init(stage, part: RequestPart(number: 1, of: 3))], [.init(stage)]], [[.init(experiment)]]])
    let text = try file.text
    #expect(text.contains("\"\(stage.hexadecimal) 2/3\""))
    #expect(try StageFile(parsing: text.utf8) == file)
    #expect(file.tasks.count == 3 && file.stages == [stage, experiment])
  }

  @Test(arguments: ["x", "", "HASH 0/3", "HASH 4/3", "HASH 1", "HASH 1/3 2", "HASH a/b"])
  func anotherItemIsRefused(item: String) throws {
    let text = item.replacing("HASH", with: Fingerprint(of: "stage").hexadecimal)
    #expect(throws: DecodingError.self) {
      try StageFile(parsing: #"{"experiments":[],"waves":[[["\#(text)"]]]}"#.utf8)
    }
  }
}
