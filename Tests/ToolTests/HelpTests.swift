import TestSupport
import Testing

struct HelpTests {
  @Test(arguments: [
    [], ["run"], ["list"], ["show"], ["rerun"], ["verify"], ["export"], ["import"], ["gc"],
  ]) func helpOfAblate(command: [String]) throws {
    let outcome = try Tool.ablate.run(command + ["--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: (["ablate"] + command).joined(separator: "-") + ".txt")
  }

  @Test(arguments: ["decode", "report", "tune"]) func help(tool: String) throws {
    let outcome = try Tool(name: tool).run(["--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: "\(tool).txt")
  }
}
