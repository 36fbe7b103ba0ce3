/// Compares the last number of each answer with that of the reference answer: GSM8K's exact match.
package struct NumbersStage: StageSpecification {
  package static let kind = StageKind.numbers

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// Which requests the answers are of.
    package var requests: RequestSelection

    package init(requests: RequestSelection) { self.requests = requests }

    /// Reads the selection.
    package init(from decoder: any Decoder) throws { requests = try RequestSelection(from: decoder) }

    /// Writes the selection.
    package func encode(to encoder: any Encoder) throws { try requests.encode(to: encoder) }
  }

  /// What the code reads of files and of other stages.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The answers.
    package var generations: Reference<GenerationsStage>
    /// The requests' file, with the reference answers.
    package var requests: Reference<Content.File>

    package init(generations: Reference<GenerationsStage>, requests: Reference<Content.File>) {
      self.generations = generations
      self.requests = requests
    }
  }

  package let parameters: Parameters
  package let inputs: Inputs

  package init(parameters: Parameters, inputs: Inputs) {
    self.parameters = parameters
    self.inputs = inputs
  }
}

extension StageKind {
  /// Numbers in answers, compared with the right ones.
  package static let numbers = StageKind("numbers")
}
