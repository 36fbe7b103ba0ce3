import ArgumentParser
import Experiments
import Foundation
import JSON
import Messages
import Stages
import ToolOptions
import Workbench

@main
struct Decode: ParsableCommand {
  static func main() { runTool() }

  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Answers one instruction, or many from standard input, with a decoding method.",
    discussion: """
      Only the answer goes to standard output. With - as the instruction, decode reads JSON Lines from standard input, \
      {"instruction": "…"} on each line. It answers them as one batch and writes them in the same order, each with its \
      "answer". Other keys of a line, such as "id", are kept.

      EXAMPLE
        swift run decode "How do I kill a Python process?" --method acd --alpha 0.4
        swift run decode "How do I kill a Python process?" --method acd --trace --maximum-tokens 20
        swift run decode - --method base < instructions.jsonl > answers.jsonl
      """,
    version: Release.line)

  @Argument(help: "The instruction, or - for JSON Lines from standard input.")
  var instruction: String?

  @Option(
    name: .long, help: "The decoding method. See --list-methods.",
    completion: .list(DecodingMethod.allCases.map(\.name)))
  var method = "base"

  @Flag(name: .long, help: "List the decoding methods and their sources, then exit.")
  var listMethods = false

  @Option(
    name: .long,
    help: "An attack to apply to each instruction, or several joined with +. See --list-attacks.",
    completion: .list(Attack.allCases.filter(\.isRewriting).map(\.name)))
  var attack: String?

  @Flag(name: .long, help: "List the attacks and their sources, then exit.")
  var listAttacks = false

  @Flag(
    name: .long,
    help: "Print the conversation, and the answer token by token with each stream's probabilities.")
  var trace = false

  @Option(name: .long, help: "The strength α of the contrast (default: the method's own).")
  var alpha: Double?

  @Option(name: .long, help: "Never choose a token below this share of the likeliest (default: the method's own).")
  var plausibility: Double?

  @OptionGroup var methodModels: MethodModelOptions

  @Option(name: .long, help: "A catalog model, or the path of a GGUF file or a Hugging Face folder.")
  var model = "smollm2-135m-instruct-q4_1"

  @Option(
    name: .long,
    help: "A chat template: a name such as llama2 or vicuna, or the path of a Jinja file (default: the model's own).")
  var chatTemplate: String?

  @Flag(inversion: .prefixedNo, help: "Whether a thinking model thinks before it answers (default: its template's).")
  var thinking: Bool?

  @Option(name: .long, help: "The date for chat templates that state one.")
  var date = ConversationSettings.standardDate

  @Option(
    name: .long,
    help: "The precision of products with weights: float32, or the faster and less exact bfloat16 and int8.")
  var precision = ProductPrecision.float32

  @OptionGroup var engineOptions: EngineOptions

  @Option(
    name: .long,
    help:
      "The hash of an experiment or of a tuned prompt; may be given twice (default: the newest experiment).")
  var prompts: [String] = []

  @Option(name: .long, help: "The maximum length of an answer, in tokens.")
  var maximumTokens = 256

  @Option(name: .long, help: "The sampling temperature. 0 is greedy decoding.")
  var temperature = 0.0

  @Option(name: .long, help: "Sample from the smallest set of likeliest tokens with this total probability.")
  var topP = 1.0

  @Option(name: .long, help: "Sample from this many likeliest tokens. 0 is all.")
  var topK = 0

  @Option(name: .long, help: "The seed of random choices.")
  var seed: UInt64 = 1

  @OptionGroup var computeOptions: ComputeOptions
  @OptionGroup var storeOption: StoreOption

  func validate() throws {
    func check(_ holds: Bool, _ name: String, _ found: String, _ expected: String) throws {
      if !holds { throw ValidationError("--\(name): found \(found), expected \(expected)") }
    }
    guard !listMethods, !listAttacks else { return }
    if trace, instruction == "-" { throw ValidationError("--trace: found it with -, expected one instruction") }
    if instruction == nil { throw ValidationError("Missing expected argument '<instruction>'") }
    let methods = DecodingMethod.allCases.map(\.rawValue)
    try check(methods.contains(method), "method", method, methods.joined(separator: ", "))
    _ = try attack.map(Attack.rewriting(named:))
    if let alpha { try check(alpha.isFinite && alpha >= 0, "alpha", "\(alpha)", "a finite number, 0 or more") }
    if let plausibility {
      try check((0..<1).contains(plausibility), "plausibility", "\(plausibility)", "a number of at least 0 and below 1")
    }
    try engineOptions.check(beside: precision)
    try check(ConversationSettings.parts(of: date) != nil, "date", date, "a day such as 2024-07-26")
    try check(temperature.isFinite && temperature >= 0, "temperature", "\(temperature)", "a finite number, 0 or more")
    try check(topP > 0 && topP <= 1, "top-p", "\(topP)", "a number above 0 and up to 1")
    try check(topK >= 0, "top-k", "\(topK)", "0 or more")
    try check(maximumTokens > 0, "maximum-tokens", "\(maximumTokens)", "at least 1")
  }

  func run() throws {
    try reporting {
      if listMethods {
        return try list(
          DecodingMethod.allCases.map {
            ($0.name, $0.title, $0.source + ($0.weakensSafety ? " (weakens safety)" : ""))
          })
      }
      guard let instruction, !listAttacks else {
        return try list(Attack.allCases.map { ($0.name, $0.title, $0.source) })
      }
      let attack = try self.attack.map(Attack.rewriting(named:))
      Interruption.install()
      let progress = ProgressReporter(isQuiet: computeOptions.quiet)
      let workspace = try Workspace(
        store: storeOption.artifacts, threads: computeOptions.threads, progress: progress)
      let lines = instruction == "-" ? try InstructionLine.read(FileHandle.standardInput) : nil
      var section = methodModels.section
      section["method"] = .string(method)
      section["alpha"] = alpha.map(JSONValue.number)
      section["plausibility"] = plausibility.map(JSONValue.number)
      section["maximumTokens"] = .integer(maximumTokens)
      section["temperature"] = .number(temperature)
      section["topP"] = .number(topP)
      section["topK"] = .integer(topK)
      let decoding = try DecodingSettings(.object(section))
      if decoding.method.weakensSafety {
        progress.note("The method \(method) makes the model answer harm that it would refuse by itself.")
      }
      let session = try DecodeSession(
        DecodeSession.Options(
          model: model,
          conversation: ConversationSettings(chatTemplate: chatTemplate, thinking: thinking, date: date),
          computation: engineOptions.computation(precision), device: engineOptions.device, decoding: decoding,
          prompts: prompts, adapter: methodModels.adapter, seed: seed, attack: attack),
        workspace: workspace)
      if let lines {
        let answers = try session.answers(to: lines.map(\.instruction), progress: progress)
        for (line, answer) in zip(lines, answers) { try printLine(line.answered(answer)) }
      } else if trace {
        try printLine(TokenText.lines(try session.conversations(instruction)))
        try printLine(TraceTable(try session.traced(instruction)).markdown)
      } else {
        try session.answer(instruction) { try StandardStreams.write($0) }
        try printLine()
      }
    }
  }

  private func list(_ entries: [(name: String, title: String, source: String)]) throws {
    let width = entries.map(\.name.count).max() ?? 0
    for entry in entries {
      try printLine(entry.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + entry.title)
      try printLine(String(repeating: " ", count: width + 2) + entry.source)
    }
  }
}

extension Attack {
  /// What the option names: attacks that read no file, one after the other.
  /// - Throws: `ValidationError`.
  fileprivate static func rewriting(named names: String) throws -> [Attack] {
    try names.split(separator: "+", omittingEmptySubsequences: false).map { name in
      let name = name.filter { !$0.isWhitespace }
      guard let attack = Attack(rawValue: name), attack.isRewriting else {
        let known = Attack.allCases.filter(\.isRewriting).map(\.name).joined(separator: ", ")
        throw ValidationError("--attack: found \(name), expected \(known) (others read a file, in a manifest)")
      }
      return attack
    }
  }
}
