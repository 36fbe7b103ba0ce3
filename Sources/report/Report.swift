import ArgumentParser
import Messages
import ToolOptions

@main
struct Report: ParsableCommand {
  static func main() { runTool() }

  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes the report of an experiment, or one page that compares several.",
    discussion: """
      EXAMPLE
        swift run report 3f9c
        swift run report 3f9c --output alpha.html
        swift run report compare 3f9c 77a0
      """,
    version: Release.line, subcommands: [One.self, Compare.self], defaultSubcommand: One.self)
}
