import Testing

@testable import Workbench

struct ProgressReporterTests {
  @Test(arguments: [
    (0.04, "0.0 s"), (9.94, "9.9 s"), (12.4, "12 s"), (59.4, "59 s"), (65, "1 min 05 s"), (3599, "59 min 59 s"),
    (3661, "1 h 01 min"), (90_000, "25 h 00 min"),
  ]) func durationsReadAsSpoken(seconds: Double, text: String) {
    #expect(ProgressReporter.duration(seconds) == text)
  }
}
