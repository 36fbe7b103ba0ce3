/// Judges the answers to one evaluation set by their wording.
package struct VerdictsStage: StageSpecification {
  package static let kind = StageKind.verdicts

  /// The judges of wording.
  package enum Judge: String, Sendable, Hashable, Codable, CaseIterable {
    /// Refusals are known by their wording, beside a check for degenerate answers, and for
    /// noise where the fluency of the answers is measured.
    case refusalWording = "refusal-wording"
  }

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    package var judge: Judge

    package init(judge: Judge) { self.judge = judge }
  }

  /// What the code reads of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The answers.
    package var generations: Reference<GenerationsStage>
    /// Refusing phrases that are added to the judge's own; nil for none.
    package var wordings: Reference<Content.File>?
    /// How likely the untouched model holds the answers; nil where fluency is not measured.
    package var fluency: Reference<FluencyStage>?
    /// Where noise begins; nil where fluency is not measured.
    package var typicality: Reference<TypicalityStage>?

    package init(
      generations: Reference<GenerationsStage>, wordings: Reference<Content.File>? = nil,
      fluency: Reference<FluencyStage>? = nil, typicality: Reference<TypicalityStage>? = nil
    ) {
      self.generations = generations
      self.wordings = wordings
      self.fluency = fluency
      self.typicality = typicality
    }
  }

  package let parameters: Parameters
  package let inputs: Inputs

  /// 2: what stands behind thinking aloud is judged; quotations and people beside machines.
  package var version: Int { 2 }

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// Verdicts on answers.
  package static let verdicts = StageKind("verdicts")
}
