/// Takes the answers to one evaluation set from a file: they came from elsewhere. Its artifact is of the form of
/// ``GenerationsStage``'s and stands in its place.
package struct GivenAnswersStage: StageSpecification {
  package static let kind = StageKind.generations

  /// What the code reads beside the inputs.
  package struct Parameters: Codable, Sendable, Hashable {
    /// Which requests the answers are of.
    package var requests: RequestSelection

    package init(requests: RequestSelection) { self.requests = requests }

    /// Reads the selection's members.
    package init(from decoder: any Decoder) throws { requests = try RequestSelection(from: decoder) }

    /// Writes the selection's members.
    package func encode(to encoder: any Encoder) throws { try requests.encode(to: encoder) }
  }

  /// What the code reads of files.
  package struct Inputs: Codable, Sendable, Hashable {
    /// The answers' file.
    package var answers: Reference<Content.File>
    /// The requests' file.
    package var requests: Reference<Content.File>

    package init(answers: Reference<Content.File>, requests: Reference<Content.File>) {
      self.answers = answers
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
