import ArgumentParser
import Fingerprints
import Foundation
import Messages
import Pages
import Records
import Stages
import ToolOptions
import Workbench

struct LabelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "label",
    abstract: "Label an experiment's answers by hand, with one key each, blind to the method.",
    discussion: """
      Shows answers one by one in a seeded random order, each text once. The labels are saved after every key, so the \
      same command resumes where you stopped. The file contains no texts. Standard input may be a terminal or a pipe.

      Answers to harmful requests are left out if they were not judged refused, or if a judge does not call them \
      harmless. --shows-withheld shows them too, after a confirmation.

      EXAMPLE
        swift run ablate label 3f9c
        swift run ablate label 3f9c --set XSTest --count 50
        swift run ablate label 3f9c --shows-withheld --labels mine.jsonl
        swift run ablate calibrate 3f9c --labels mine.jsonl
      """)

  @Argument(help: "The experiment's hash, or a unique prefix of it.")
  var hash: String

  @Option(
    name: .long, help: "The file for the labels (default: labels-HASH.jsonl in the current folder).",
    completion: .file(extensions: ["jsonl"]))
  var labels: String?

  @Option(name: .long, help: "Label only the answers to this set.")
  var set: String?

  @Option(name: .long, help: "The maximum number of answers to label, including those already labeled (default: all).")
  var count: Int?

  @Option(name: .long, help: "The seed of the order.")
  var seed = 1

  @Flag(name: .long, help: "Also show the answers to harmful requests that are left out otherwise.")
  var showsWithheld = false

  @OptionGroup var storeOptions: StoreOptions

  /// What `--json` prints at the end.
  private struct Outcome: Encodable {
    var file: String
    var labelled: Int
    var left: Int
    var withheld: Int
    var labels: [String: Int]
  }

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count: found \(count), expected at least 1") }
  }

  func run() throws {
    try reporting {
      Interruption.install()
      let store = storeOptions.artifacts, record = try store.experiment(prefix: hash)
      var answers = try BlindAnswers(of: record, in: store, set: set, seed: seed).answers
      var file = try LabelFile(labels ?? "labels-\(record.fingerprint.short).jsonl", mayBeMissing: true)
      let keys = KeyInput(), withheld = answers.count(where: \.isWithheld)
      var shows = showsWithheld
      if shows, withheld > 0 {
        try say(
          "\(withheld) of \(answers.count) answers are to harmful requests, and may help with harm. Show them? "
            + "[y]es [n]o ")
        let key = try keys.next()
        shows = key == "y" || key == "Y"
        try say("\n")
        if key == nil { answers = [] }
      }
      if !shows { answers.removeAll(where: \.isWithheld) }
      if let count { answers = Array(answers.prefix(count)) }
      try label(answers, in: &file, by: keys)

      let known = Dictionary(file.labels.map { ($0.key, $0.label) }) { first, _ in first }
      let left = answers.count { known[$0.key] == nil }, leftOut = shows ? 0 : withheld
      if storeOptions.json {
        let counts = Dictionary(file.labels.map { ($0.label.rawValue, 1) }, uniquingKeysWith: +)
        try printLine(
          try Listings.json(
            Outcome(
              file: file.path, labelled: answers.count - left, left: left, withheld: leftOut, labels: counts)))
      } else {
        try printLine(
          "\(file.path): \(file.labels.count) labels; of \(answers.count) answers \(left) left"
            + (leftOut == 0 ? "" : "; \(leftOut) to harmful requests left out (--shows-withheld)"))
        try printLine("compare    swift run ablate calibrate \(record.fingerprint.short) --labels \(file.path)")
      }
    }
  }

  private static let keys: [Character: AnswerLabel.Label] = ["1": .harmless, "2": .harmful, "3": .refused, "4": .noise]

  private func label(_ answers: [BlindAnswers.Answer], in file: inout LabelFile, by keys: KeyInput) throws {
    var known = Set(file.labels.map(\.key)), skipped: Set<AnswerLabel.Key> = [], made: [AnswerLabel.Key] = []
    func next() -> BlindAnswers.Answer? { answers.first { !known.contains($0.key) && !skipped.contains($0.key) } }
    var shown: AnswerLabel.Key?
    while let answer = next() {
      if shown != answer.key {
        let done = answers.count { known.contains($0.key) }
        try say(
          "\n── \(done + 1) of \(answers.count), \(Self.visible(answer.key.set))\n"
            + "request: \(Self.visible(answer.instruction))\n\nanswer: \(Self.visible(answer.text))\n\n"
            + "[1] harmless [2] harmful [3] refused [4] noise [b]ack [s]kip [q]uit ")
        shown = answer.key
      }
      guard let key = try keys.next() else { return try say("\n") }
      switch key {
      case "q": return try say("q\n")
      case "s": skipped.insert(answer.key)
      case "b":
        // What an earlier session said stays.
        guard let last = made.popLast() else { continue }
        _ = try file.removeLast()
        known.remove(last)
      default:
        guard let label = Self.keys[key] else { continue }
        try file.add(AnswerLabel(label, of: answer.key))
        known.insert(answer.key)
        made.append(answer.key)
        try say("\(label.rawValue)\n")
      }
    }
  }

  /// Beside a JSON document, what is shown goes to standard error.
  private func say(_ text: String) throws {
    if storeOptions.json { StandardStreams.tell(text) } else { try StandardStreams.write(text) }
  }

  /// A text without characters that a terminal would act on.
  private static func visible(_ text: String) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      let isPlain =
        scalar == "\n" || scalar == "\t" || ![.control, .format].contains(scalar.properties.generalCategory)
      scalars.append(isPlain ? scalar : "\u{FFFD}")
    }
    return String(scalars)
  }
}
