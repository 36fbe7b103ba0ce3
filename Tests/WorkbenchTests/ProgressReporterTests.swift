import ModelFiles
import Testing

@testable import Workbench

struct ProgressReporterTests {
  @Test(arguments: [
    (0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.4, "59 s"), (65, "1 min 05 s"), (3599, "59 min 59 s"),
    (3661, "1 h 01 min"), (90_000, "25 h 00 min"),
  ]) func durationsReadAsSpoken(seconds: Double, text: String) {
    #expect(ProgressReporter.duration(seconds) == text)
  }

  @Test(
    arguments: [
      // None from a first unit, whatever it took, nor from less than a twentieth in less than 20 seconds.
      (1, 10, 60.0, nil), (0, 10, 60, nil), (4, 100, 19.9, nil),
      (5, 100, 2, 38.0), (4, 100, 20, 480), (2, 3, 1, 0.5), (10, 10, 7, 0),
    ] as [(Int, Int, Double, Double?)])
  func theRestIsForetoldOnceEnoughIsDone(done: Int, total: Int, seconds: Double, rest: Double?) {
    #expect(ProgressReporter.remaining(done: done, of: total, after: seconds) == rest)
  }

  @Test func aFetchTellsItsPartAndTheRateOfWhatItFetchedItself() {
    let text = ProgressReporter.text(
      of: FetchProgress(part: 7, parts: 22, bytes: 350_000_000, total: 1_117_320_768, earlier: 150_000_000), after: 4)
    #expect(text == "part 7 of 22, 350.0 MB of 1.1 GB, 50.0 MB/s")
    let only = ProgressReporter.text(
      of: FetchProgress(part: 1, parts: 1, bytes: 3_000_000, total: 98_362_432, earlier: 0), after: 2)
    #expect(only == "3.0 MB of 98.4 MB, 1.5 MB/s")
  }
}
