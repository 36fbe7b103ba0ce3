import EngineContract
import Evaluation
package import Foundation
import Records
package import Stages
import Tokenization

/// One method's answers to one evaluation set, and what it did at each token of the first ones.
extension GenerationsStage: RunnableStage {
  /// Reports show one answer of a set token by token: one of the first that may be shown.
  private static let tracedAnswers = 4

  /// How many sequences are worked on at a time, where memory lets it.
  private static let batchSize = 96

  /// What answers need.
  private struct Asking {
    var engine: any Engine
    var instructions: [Instruction]
    var samples: Int
    var method: PreparedMethod
    var requests: [GenerationRequest]
    /// The places of the requests that the model can read to their ends.
    var asked: [Int]
  }

  private func asking(in context: some StageContext) throws -> Asking {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let instructions = try asked(in: context), samples = parameters.samples ?? 1
    let method = try PreparedMethod(
      parameters.method, on: engine, content: .init(inputs, precision: parameters.precision, in: context)
    ).shared(by: instructions)
    let requests = try instructions.enumerated().flatMap { place, instruction in
      let turns = try method.turns(instruction)
      return (0..<samples).map {
        GenerationRequest(turns: turns, sample: GenerationRequest.sample(of: place, answer: $0))
      }
    }
    // A request that the model can't read to its end costs itself, not the others.
    let asked = requests.indices.filter {
      engine.room(for: requests[$0].turns, under: method.setup) >= parameters.maximumTokens
    }
    return Asking(
      engine: engine, instructions: instructions, samples: samples, method: method, requests: requests, asked: asked)
  }

  /// The answers to the requests that a part has, or to all.
  private func answers(
    _ asking: Asking, part: RequestPart?, in context: some StageContext,
    onProgress: @escaping (GenerationProgress, Int) throws -> Void
  ) throws -> [GeneratedAnswer] {
    try AnswerCheckpoint(in: context.workFolder, on: context.machine).answers(
      to: asking.asked.map { asking.requests[$0] }, by: asking.engine, under: asking.method.setup,
      sampling: AnswerSampling(
        parameters.sampling, seed: UInt64(seed ?? 0), maximumTokens: parameters.maximumTokens,
        batchSize: Self.batchSize),
      where: { place in part?.contains(asking.asked[place] / asking.samples) ?? true }, onProgress: onProgress)
  }

  /// How many requests there are, each of which can be answered by itself.
  package func requestCount(in context: some StageContext) throws -> Int { try asked(in: context).count }

  /// Answers a part of the requests. The answers stay among the stage's work: the stage takes them from there.
  package func answer(_ part: RequestPart, with context: some StageContext) throws {
    _ = try answers(try asking(in: context), part: part, in: context) { progress, before in
      try context.report(progress, before: before)
    }
  }

  /// Answers the requests.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let asking = try asking(in: context), engine = asking.engine, method = asking.method
    let instructions = asking.instructions, requests = asking.requests, samples = asking.samples, asked = asking.asked
    // Where an earlier run left all of them, no progress is told.
    var answersBefore = asked.count
    let made = try answers(asking, part: nil, in: context) { progress, before in
      answersBefore = before
      try context.report(progress, before: before)
    }
    let opensThought = ReasonedText.isOpened(by: engine.conversation.responseOpening)
    var answers = [GeneratedAnswer?](repeating: nil, count: requests.count)
    for (place, answer) in zip(asked, made) { answers[place] = answer }
    let rows = try answers.enumerated().map { place, answer in
      let instruction = instructions[place / samples], number = place % samples
      return Generation(
        id: instruction.id + (number > 0 ? "#\(number + 1)" : ""), instruction: instruction.request,
        text: try answer.map { try engine.tokenizer.text(of: $0.tokens) } ?? "", tokens: answer?.tokens ?? [],
        finish: answer.map { $0.ended ? .end : .length } ?? .tooLong,
        beginsInThought: opensThought && answer != nil, asked: instruction.asked,
        request: number > 0 ? instruction.id : nil)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    if method.setup.streams.count > 1 {
      let traced = rows.indices.filter { rows[$0].finish != .tooLong }.prefix(Self.tracedAnswers)
      let traces = try traces(of: traced.map { (rows[$0], requests[$0].turns) }, method, engine)
      try RowFile.write(traces, to: folder.appendingPathComponent("traces.jsonl"))
    }
    var counters = engine.conversation.counters
    counters["answers"] = Double(made.count)
    counters["tokens"] = Double(rows.reduce(0) { $0 + $1.tokens.count })
    // The stage's time is that of the last run alone.
    if answersBefore > 0 { counters["answersBefore"] = Double(answersBefore) }
    return counters
  }

  /// The requests as they are put to the model.
  func asked(in context: some StageContext) throws -> [Instruction] {
    try context.file(inputs.requests).requests(parameters.requests, attackFile: inputs.attack.map(context.file))
  }

  private func traces(
    of answers: [(Generation, StreamTurns)], _ method: PreparedMethod, _ engine: any Engine
  ) throws -> [AnswerTrace] {
    // Millionths: what is shown, and no more of what a C library's last bit could change.
    func rounded(_ probability: Double) -> Double { (probability * 1_000_000).rounded() / 1_000_000 }
    let steps = try engine.steps(
      of: answers.map { AnswerTokens($0.tokens, behind: $1) }, under: method.setup)
    return try zip(answers.map(\.0), steps).map { answer, steps in
      AnswerTrace(
        id: answer.id,
        tokens: try steps.map { step in
          AnswerTrace.Token(
            text: try engine.tokenizer.text(of: [step.token]), streams: step.streamProbabilities.map(rounded),
            combined: rounded(step.probability),
            insteadOf: step.isChanged ? try engine.tokenizer.text(of: [step.favorite]) : nil)
        })
    }
  }

  /// The file of the answers in the artifact.
  static let rows = "generations.jsonl"
}
