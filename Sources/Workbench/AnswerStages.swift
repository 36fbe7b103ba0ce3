import Decoding
import Evaluation
import Experiments
import Fingerprints
import Foundation
import Records
import Tokenization

/// One cell's answers to one evaluation set.
struct GenerationsStage {
  let set: EvaluationSet
  let stage: Stage
  let settings: Settings
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let model = try workspace.model(of: settings), decoding = settings.decoding
    let instructions = try workspace.instructions(of: set)
    let method = try MethodStreams(
      decoding, model: model, precision: settings.precision, systemPrompts: settings.anchors.systemPrompts,
      workspace: workspace,
      softPrompt: { try workspace.softPrompt(stage.input("prompt.\($0.rawValue)")) },
      adapter: { try workspace.adapter(stage.input("adapter")) })
    var generator = try Generator(
      streams: method.streams, rule: method.rule,
      sampler: Sampler(temperature: decoding.temperature, topP: decoding.topP, topK: decoding.topK),
      seed: UInt64(settings.seed), maximumTokens: decoding.maximumTokens, stopTokens: model.conversation.stopTokens)
    let requests = instructions.enumerated().map { method.request($1.instruction, sample: $0) }
    let longest = (requests.flatMap(\.turns).map(\.count).max() ?? 0) + decoding.maximumTokens
    generator.batchSize = try MemoryGuard().sequences(
      upTo: 96, each: method.streams.reduce(0) { $0 + $1.model.sequenceBytes(positions: longest) })
    let answers = try AnswerCheckpoint(
      in: workspace.store.workFolder(for: stage.fingerprint), on: workspace.machine
    ).answers(
      to: requests, by: generator,
      onProgress: { progress, before in
        try Interruption.check()
        workspace.progress.update(
          done: progress.answers, of: progress.total, startedAt: before, unit: "answers",
          work: (progress.tokens, "tokens"))
      })
    let rows = zip(instructions, answers).map { instruction, answer in
      Generation(
        id: instruction.id, instruction: instruction.instruction, text: model.tokenizer.decode(answer.tokens),
        tokens: answer.tokens, finish: answer.ended ? .end : .length)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent("generations.jsonl"))
    if method.streams.count > 1 {
      let traces = try traces(of: rows.prefix(Self.tracedAnswers), method, model)
      try RowFile.write(traces, to: folder.appendingPathComponent("traces.jsonl"))
    }
    return ["answers": Double(rows.count), "tokens": Double(rows.reduce(0) { $0 + $1.tokens.count })]
  }
}

extension GenerationsStage {
  /// Reports show one answer of a set token by token: one of the first that may be shown.
  private static let tracedAnswers = 4

  private func traces(
    of answers: ArraySlice<Generation>, _ method: MethodStreams, _ model: LoadedModel
  ) throws -> [AnswerTrace] {
    let trace = try TokenTrace(streams: method.streams, rule: method.rule)
    // Millionths: what is shown, and no more of what a C library's last bit could change.
    func rounded(_ probability: Double) -> Double { (probability * 1_000_000).rounded() / 1_000_000 }
    return try answers.enumerated().map { sample, answer in
      let turns = method.request(answer.instruction, sample: sample).turns
      return AnswerTrace(
        id: answer.id,
        tokens: try trace.steps(of: answer.tokens, turns: turns).map { step in
          AnswerTrace.Token(
            text: model.tokenizer.decode([step.token]), streams: step.streamProbabilities.map(rounded),
            combined: rounded(step.probability),
            insteadOf: step.isChanged ? model.tokenizer.decode([step.favorite]) : nil)
        })
    }
  }
}

/// The judge's verdict on each answer.
struct VerdictsStage {
  let stage: Stage
  let workspace: Workspace

  func run(in folder: URL) throws -> [String: Double] {
    let judge = RefusalJudge()
    let rows = try workspace.generations(stage.input("generations")).map { generation in
      let verdict = judge.verdict(on: generation.text)
      return Records.Verdict(id: generation.id, label: .init(verdict.label), phrase: verdict.phrase)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent("verdicts.jsonl"))
    return ["verdicts": Double(rows.count)]
  }
}

extension Workspace {
  func generations(_ fingerprint: Fingerprint?) throws -> [Generation] {
    try RowFile.read(Generation.self, from: artifact(fingerprint).file("generations.jsonl"))
  }

  func verdicts(_ fingerprint: Fingerprint?) throws -> [Records.Verdict] {
    try RowFile.read(Records.Verdict.self, from: artifact(fingerprint).file("verdicts.jsonl"))
  }

  func artifact(_ fingerprint: Fingerprint?) throws -> Artifact {
    guard let fingerprint, let artifact = try store.artifact(fingerprint) else {
      throw WorkbenchError.missingFile(
        path: fingerprint?.hexadecimal ?? "an input", tried: [store.folder.path])
    }
    return artifact
  }
}

extension Records.Verdict.Label {
  fileprivate init(_ label: Evaluation.Verdict.Label) {
    self =
      switch label {
      case .refused: .refused
      case .answered: .answered
      case .degenerate: .degenerate
      }
  }
}

extension Evaluation.Verdict.Label {
  init(_ label: Records.Verdict.Label) {
    self =
      switch label {
      case .refused: .refused
      case .answered: .answered
      case .degenerate: .degenerate
      }
  }
}
