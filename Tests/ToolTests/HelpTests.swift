import TestSupport
import Testing

struct HelpTests {
  @Test(arguments: [
    [], ["run"], ["list"], ["show"], ["rerun"], ["verify"], ["export"], ["import"], ["gc"],
    ["fetch"],
  ]) func helpOfAblate(command: [String]) throws {
    let outcome = try Tool.ablate.run(command + ["--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: (["ablate"] + command).joined(separator: "-") + ".txt")
  }

  @Test func helpOfReportsCommands() throws {
    let outcome = try Tool.report.run(["compare", "--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: "report-compare.txt")
  }

  @Test(arguments: ["ablate", "decode", "report", "tune"]) func version(tool: String) throws {
    let outcome = try Tool(name: tool).run(["--version"])
    #expect(outcome.status == 0 && outcome.output == "Antipode 0.1.0\n")
  }

  @Test(arguments: ["decode", "report", "tune"]) func help(tool: String) throws {
    let outcome = try Tool(name: tool).run(["--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: "\(tool).txt")
  }
}
