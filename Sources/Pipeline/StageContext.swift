package import EngineContract
package import Evaluation
package import Foundation
package import Records
package import Stages

/// What a stage's code is given beside its own description: the content that its inputs name, engines, and what has no
/// influence on a byte of its output.
package protocol StageContext {
  /// The content of a file.
  func file(_ reference: Reference<Content.File>) throws -> SourceFile
  /// A model, ready for work; nil for single precision.
  func engine(_ model: ModelReference, precision: ModelComputation?) throws -> any Engine
  /// The artifact of another stage, or nil.
  func storedArtifact(_ stage: StageReference) throws -> Artifact?
  /// What a server replies to some conversations, in their order.
  func replies(
    of endpoint: JudgmentsStage.Endpoint, to conversations: [[ConversationMessage]], maximumTokens: Int
  ) throws -> [ChatReply]

  /// A folder for what the stage leaves to itself, should it be interrupted.
  var workFolder: URL { get throws }
  /// The kind of machine: what the last bits of numbers depend on. What was computed on another kind is no use.
  var machine: String { get }
  /// Tells how far the stage is.
  func report(_ progress: StageProgress)
  /// Tells something that stays.
  func note(_ text: String)
  /// Throws once the user wants the work to stop.
  func checkCancellation() throws
}

/// How far a stage is.
package struct StageProgress: Sendable {
  /// Units done.
  package var done: Int
  /// Units in all.
  package var total: Int
  /// Units that an earlier run did, which no rate counts.
  package var first: Int
  /// What is counted, in the plural.
  package var unit: String
  /// Tokens made by now, where the rate counts these.
  package var tokens: Int?

  package init(_ done: Int, of total: Int, startedAt first: Int = 0, unit: String, tokens: Int? = nil) {
    self.done = done
    self.total = total
    self.first = first
    self.unit = unit
    self.tokens = tokens
  }
}

/// A stage that this wing has the code of.
package protocol RunnableStage: StageSpecification {
  /// Computes the artifact.
  /// - Parameter folder: Where its files go.
  /// - Returns: Counters for its record.
  func run(in folder: URL, with context: some StageContext) throws -> [String: Double]
}

extension StageContext {
  /// The refusing phrases that an input names; none where it names nothing.
  func phrases(_ file: Reference<Content.File>?) throws -> RefusalPhrases {
    guard let file else { return .none }
    return try RefusalPhrases(self.file(file))
  }

  /// The artifact that an input names.
  /// - Throws: ``PipelineError/missingInput(_:)``.
  func artifact<Specification: StageSpecification>(_ reference: Reference<Specification>) throws -> Artifact {
    let stage = StageReference(kind: Specification.kind, name: "", fingerprint: reference.fingerprint)
    guard let artifact = try storedArtifact(stage) else { throw PipelineError.missingInput(stage) }
    return artifact
  }

  /// Where noise begins, as a stage found it.
  func noiseBound(of typicality: Reference<TypicalityStage>) throws -> NoiseBound {
    try CanonicalFile.read(NoiseBound.self, from: artifact(typicality).file(TypicalityStage.bound))
  }

  /// Tells how far answers are.
  /// - Parameter before: How many an earlier process left.
  func report(_ progress: GenerationProgress, before: Int) throws {
    try checkCancellation()
    report(
      StageProgress(
        progress.answers, of: progress.total, startedAt: before, unit: "answers", tokens: progress.tokens))
  }

  /// The hidden states behind some blocks at the last position of some inputs, `[inputs][blocks][width]`.
  func hiddenStates(
    of inputs: [[PromptPart]], behind blocks: [Int], by engine: any Engine
  ) throws -> [[[Float]]] {
    // From one sign of life to the next.
    let inputsAtATime = 16
    var states: [[[Float]]] = []
    for start in stride(from: 0, to: inputs.count, by: inputsAtATime) {
      try checkCancellation()
      let part = inputs[start..<min(start + inputsAtATime, inputs.count)]
      states += try engine.hiddenStates(of: Array(part), behind: blocks)
      report(StageProgress(states.count, of: inputs.count, unit: "requests"))
    }
    return states
  }

  /// The rows of a file of an artifact.
  func rows<Row: Decodable, Specification: StageSpecification>(
    _ name: String, of reference: Reference<Specification>, as type: Row.Type = Row.self
  ) throws -> [Row] {
    try RowFile.read(type, from: artifact(reference).file(name))
  }
}
