package import Messages
import Fingerprints
package import Stages

/// Why a stage can't be computed, beyond what the targets below report themselves.
package enum PipelineError: Error, Sendable, CustomStringConvertible {
  /// An upstream stage whose artifact is not in the store.
  case missingInput(StageReference)
  /// A stored artifact that does not hold what it should.
  case damaged(StageReference)
  /// A method that reads what its description does not name.
  case unhashed(String)
  /// Every answer to the anchors' instructions was noise.
  case noAnchors
  /// No anchor pair of a kind that tuning needs.
  case emptyAnchorSet(AnchorPair.Category)
  /// Too few hidden states for the components that were asked for.
  case fewStates(found: Int, components: Int)
  /// Anchors whose own answers are all refusals, or none.
  case oneKindOfAnswer(refused: Int, of: Int)
  /// The loss or its gradient is no longer a number.
  case diverged(step: Int, learningRate: Double)
  /// An instruction that leaves no room for an answer.
  case tooLong(name: String, tokens: Int, limit: Int, answer: Int)
  /// A direction behind a block that the model lacks, or behind its last.
  case noSuchBlock(found: Int, last: Int)
  /// A second model that reads text otherwise than the target.
  case foreignTokenizer(model: String)
  /// A conversation of several turns whose template does not put a tuned prompt at its start.
  case movedPrompt

  /// The message for the user.
  package var description: String {
    switch self {
    case .missingInput(let stage):
      "The store has no \(stage.kind.rawValue) artifact \(stage.fingerprint.short), which this stage reads. Run the "
        + "manifest from its beginning."
    case .damaged(let stage):
      "The \(stage.kind.rawValue) artifact \(stage.fingerprint.short) is damaged. Run `ablate verify`, and then the "
        + "manifest again."
    case .unhashed(let what):
      "The method reads \(what) that its stage does not name. This is a bug; please report it."
    case .noSuchBlock(let found, let last):
      "decoding.directionBlock: found \(found), expected 1 to \(last): the model has no such block whose states "
        + "another one reads."
    case .noAnchors:
      "The anchor set is empty: every answer was noise. Raise anchors.maximumTokens, or take another chat template."
    case .emptyAnchorSet(let category):
      "The anchor set holds no pair of \(Self.found(category)), which tuning needs. \(Self.advice(category))"
    case .fewStates(let found, let components):
      "tuning.representation.components: found \(components), expected fewer than the \(found) anchors whose answers "
        + "the model wrote itself. Lower it, or raise anchors.size."
    case .oneKindOfAnswer(let refused, let count):
      "The model refused \(refused) of the \(count) anchors that it answered itself. The directions of refusing and of "
        + "harm are learned from both kinds of answers and of instructions: raise anchors.size, set "
        + "anchors.refusalSource to \"sampled\", so that harm is answered under the safe prompt too, or name another "
        + "model."
    case .diverged(let step, let learningRate):
      "Tuning diverged: at step \(step) the loss or its gradient was not a finite number, at a learning rate of "
        + "\(learningRate). Lower tuning.learningRate, or set tuning.gradientClip."
    case .tooLong(let name, let tokens, let limit, let answer):
      "\(name): found \(tokens) tokens with the prompt and the chat template, expected at most \(limit - answer): the "
        + "model reads \(limit), and an answer may take \(answer) of them. Shorten it, or leave it out."
    case .foreignTokenizer(let model):
      "\(model): its tokens are not the target's, so their logits can't be combined; take a model of the target's "
        + "family"
    case .movedPrompt:
      "The chat template puts the system message behind a conversation's first turns, where a tuned prompt can't "
        + "stand. Take another chatTemplate, or a method without tuned prompts for sets with several turns."
    }
  }

  private static func found(_ category: AnchorPair.Category) -> String {
    switch category {
    case .refused: "a harmful instruction and its refusal (D_HR)"
    case .answered: "a harmful instruction and an answer to it (D_HA)"
    case .harmless: "a harmless instruction and an answer to it (D_S)"
    case .harmlessRefused: "a harmless instruction and its refusal"
    }
  }

  private static func advice(_ category: AnchorPair.Category) -> String {
    switch category {
    case .refused, .harmlessRefused:
      "The model that answered refused nothing. Set anchors.refusalSource to \"wordings\", name a model that refuses "
        + "in anchors.model, or raise anchors.size; with a validation share, its last instructions are not trained on."
    case .answered:
      "The model that answered refused all harm. Name one that answers it in anchors.model, as the paper did, or raise "
        + "anchors.size or anchors.temperature."
    case .harmless:
      "The model that answered wrote noise, or refused. Raise anchors.maximumTokens or anchors.size, name another "
        + "model in anchors.model, or another harmless file in anchors.harmless."
    }
  }
}

extension PipelineError: StatusError {
  /// The status that a tool ends with.
  package var exitStatus: ExitStatus {
    switch self {
    case .missingInput: .missingInput
    case .unhashed: .failed
    case .damaged, .noAnchors, .emptyAnchorSet, .fewStates, .oneKindOfAnswer, .diverged, .tooLong, .noSuchBlock,
      .foreignTokenizer, .movedPrompt:
      .badData
    }
  }
}
