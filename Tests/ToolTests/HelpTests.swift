import Foundation
import TestSupport
import Testing

struct HelpTests {
  @Test(arguments: [
    [], ["run"], ["list"], ["show"], ["rerun"], ["verify"], ["export"], ["import"], ["gc"],
    ["fetch"], ["label"], ["calibrate"], ["split"], ["worker"], ["status"], ["cancel"],
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

  /// `make docs` writes the reference anew; what it lacks, or has too much, shows here.
  @Test(arguments: [
    (
      "ablate",
      [
        "run", "list", "show", "rerun", "verify", "export", "import", "gc", "fetch", "label", "calibrate",
        "split", "worker", "status", "cancel",
      ]
    ),
    ("report", ["one", "compare"]), ("decode", []), ("tune", []), ("serve", []),
  ]) func theReferenceNamesEveryOption(tool: String, commands: [String]) throws {
    let page = try String(
      contentsOf: Tool.repository.appendingPathComponent("docs/commands/\(tool).md"), encoding: .utf8)
    func flags(_ text: String) -> Set<String> { Set(text.matches(of: /--[a-z][a-z-]+/).map { String($0.output) }) }
    var known: Set<String> = []
    for command in commands.isEmpty ? [[]] : commands.map({ [$0] }) {
      let help = try Tool(name: tool).run(command + ["--help"]).output
      known.formUnion(flags(help))
      if let name = command.first { #expect(page.contains("## \(tool).\(name)"), "run `make docs`") }
    }
    #expect(flags(page).subtracting(["--help"]) == known.subtracting(["--help"]), "run `make docs`")
  }

  /// What a shell completes: commands, methods and manifests.
  @Test(arguments: ["bash", "zsh", "fish"]) func completionsAreMade(shell: String) throws {
    for tool in ["ablate", "decode", "report", "tune", "serve"] {
      let script = try Tool(name: tool).run(["--generate-completion-script", shell])
      #expect(script.status == 0 && script.output.contains(tool), "\(script.messages)")
      if tool == "decode" { #expect(script.output.contains("in-context-defense")) }
    }
  }

  @Test(arguments: ["ablate", "decode", "report", "tune", "serve"]) func version(tool: String) throws {
    let outcome = try Tool(name: tool).run(["--version"])
    #expect(outcome.status == 0 && outcome.output == "Antipode 0.1.0\n")
  }

  @Test(arguments: ["decode", "report", "tune", "serve"]) func help(tool: String) throws {
    let outcome = try Tool(name: tool).run(["--help"])
    #expect(outcome.status == 0 && outcome.messages.isEmpty)
    try Snapshot.expect(outcome.output, equals: "\(tool).txt")
  }
}
