import Compute
import EngineContract
import Evaluation
import OppositePrompts
import Stages
import Tokenization

/// The validation of a soft prompt on the share of the anchors that is kept from tuning.
struct PromptValidation {
  /// The number of steps from one validation to the next; 0 for none.
  let every: Int
  private let measuresGap: Bool
  private let held: [AnchorPair]
  private let pairs: [TrainingPair]
  private let engine: any Engine
  private let judge: RefusalJudge
  private let frame: ConversationFrame

  /// How many pairs of each set the loss is a mean over.
  private static let pairLimit = 16

  /// How long the answers are that are judged: a refusal shows in its first words.
  private static let answerLength = 20

  /// A validation on held pairs.
  init(
    _ parameters: PromptStage.Parameters, held: [AnchorPair], anchors: AnchorSet, engine: any Engine,
    judge: RefusalJudge
  ) throws {
    self.judge = judge
    frame = try engine.conversation.frame(.softPrompt)
    let criterion = parameters.validationCriterion ?? .none
    every = criterion == .none || held.isEmpty ? 0 : parameters.validationEvery ?? 0
    measuresGap = parameters.judgesAnswers
    self.held = held
    self.engine = engine
    pairs = try AnchorPair.Category.allCases.flatMap { category in
      try held.filter { $0.category == category }.prefix(Self.pairLimit).compactMap {
        try anchors.trainingPair($0)
      }
    }
  }

  /// The held share's loss and, for the safeguarding prompt under that criterion, its gap of refusal rates. The score
  /// is the gap, of equal gaps the smaller loss; else the loss alone, smaller is better.
  func point(
    for prompt: Matrix, step: Int, tuner: inout Tuner, in context: some StageContext
  ) throws -> (ValidationPoint, score: Double) {
    let value = try tuner.loss(prompt, on: pairs)
    let gap = measuresGap ? try refusalGap(prompt, in: context) : nil
    let point = ValidationPoint(step: step, losses: TuningLosses(value), refusalGap: gap, isKept: false)
    return (point, gap.map { $0 - 1e-4 * min(value.total, 100) } ?? -value.total)
  }

  private func refusalGap(_ prompt: Matrix, in context: some StageContext) throws -> Double {
    var seen: Set<String> = []
    let asked = held.filter { seen.insert($0.id).inserted }
    let answers = try engine.answers(
      to: asked.enumerated().map {
        GenerationRequest(turn: try frame.turn($1.instruction), sample: $0)
      }, under: MethodSetup(frame.prompt(with: prompt)),
      sampling: .greedy(maximumTokens: Self.answerLength),
      watch: GenerationWatch(onProgress: { _ in try context.checkCancellation() }))
    let opensThought = ReasonedText.isOpened(by: frame.responseOpening)
    func rate(_ kind: InstructionKind) throws -> Double {
      let verdicts = try zip(asked, answers).filter { $0.0.kind == kind }
        .map { judge.verdict(on: try engine.tokenizer.text(of: $0.1.tokens), beginsInThought: opensThought).label }
      return verdicts.isEmpty ? 0 : Double(verdicts.count { $0 == .refused }) / Double(verdicts.count)
    }
    return try rate(.harmful) - rate(.harmless)
  }
}
