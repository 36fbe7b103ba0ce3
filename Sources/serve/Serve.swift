import ArgumentParser
import Decoding
import Foundation
import Messages
import Serving
import Stages
import ToolOptions
import Workbench

@main
struct Serve: AsyncParsableCommand {
  static func main() async { await runTool() }

  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves a model under every decoding method with OpenAI's API, and pages for browsing answers.",
    discussion: """
      Each method is a model name, such as smollm2-135m-instruct-q4_1:acd-0.4. GET /v1/models lists them. The server \
      is reachable only from this machine, unless --host names another address. The pages are at the address that it \
      prints. See docs/serving.md.

      EXAMPLE
        swift run serve
        swift run serve 3f9c --port 8081
        swift run serve --host 0.0.0.0 --api-key SERVE_KEY
      """,
    version: Release.line)

  @Argument(help: "An experiment's hash or a prefix (default: the newest experiment's prompts and model).")
  var experiment: String?

  @Option(name: .long, help: "A catalog model, or a path (default: the experiment's).")
  var model: String?

  @Option(name: .long, help: "float32, bfloat16 or int8 (default: the experiment's).")
  var precision: ProductPrecision?

  @OptionGroup var methodModels: MethodModelOptions

  @Option(name: .long, help: "The IP address to listen on. Any but a local one requires --api-key.")
  var host = "127.0.0.1"

  @Option(name: .long, help: "The port. 0 selects a free one.")
  var port: UInt16 = 8080

  @Option(
    name: .long, help: "The environment variable with the key that clients must send (default: no key).")
  var apiKey: String?

  @Flag(name: .long, help: "Also serve methods that make the model answer harm that it would refuse by itself.")
  var allowAdversarial = false

  @Option(name: .long, help: "The maximum length of an answer in tokens, if a request does not set it.")
  var maximumTokens = 1024

  @Option(name: .long, help: "The maximum number of answers in the batch, if memory permits.")
  var parallel = 64

  @Option(name: .long, help: "The maximum number of waiting answers. Further requests get status 429.")
  var queue = 512

  @Option(name: .long, help: "How many seconds running answers have to finish after SIGTERM.")
  var patience = 30.0

  @Flag(name: .long, help: "Log each request on standard error: its path and its time, no texts.")
  var logRequests = false

  @OptionGroup var computeOptions: ComputeOptions
  @OptionGroup var storeOption: StoreOption

  func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: String, _ expected: String) throws {
      if !holds { throw ValidationError("--\(name): found \(found), expected \(expected)") }
    }
    try check(maximumTokens > 0, "maximum-tokens", "\(maximumTokens)", "at least 1")
    try check((1...1024).contains(parallel), "parallel", "\(parallel)", "1 to 1024")
    try check((0...100_000).contains(queue), "queue", "\(queue)", "0 to 100000")
    try check(patience.isFinite && patience >= 0, "patience", "\(patience)", "0 or more seconds")
    if let apiKey {
      try check(
        ProcessInfo.processInfo.environment[apiKey]?.isEmpty == false, "api-key", apiKey,
        "the name of an environment variable that holds a key")
    }
  }

  func run() async throws {
    try await reporting {
      let key = apiKey.flatMap { ProcessInfo.processInfo.environment[$0] }
      let address = host == "localhost" ? "127.0.0.1" : host
      let serverOptions = Server.Options(
        door: try Door(address: address, key: key), port: port, allowsAdversarial: allowAdversarial,
        maximumTokens: maximumTokens, limits: LiveBatch.Limits(running: parallel, waiting: queue), patience: patience,
        logsRequests: logRequests)
      signal(SIGPIPE, SIG_IGN)
      Interruption.install()
      let isQuiet = computeOptions.quiet, threads = computeOptions.threads, store = storeOption.artifacts
      let options = MethodSource.Options(
        experiment: experiment, model: model, precision: precision, adapter: methodModels.adapter)
      let section = methodModels.section
      let tell: @Sendable (String) -> Void = { StandardStreams.tell("serve: \($0)\n") }
      let server = Server(
        serverOptions, pages: .pages(of: store), progress: { if !isQuiet { tell($0) } }, note: tell)
      try await server.run(
        onListening: { try StandardStreams.write("\($0)\n") },
        load: {
          let workspace = try Workspace(
            store: store, threads: threads, progress: ProgressReporter(isQuiet: isQuiet))
          let source = try MethodSource(options, workspace: workspace)
          return ServedModel(
            engine: source.engine, section: section, prepare: { try source.method($0) },
            systemPrompt: { try source.systemPrompt($0) })
        }, isEnding: { Interruption.isRequested })
    }
  }
}
