package import Compute

extension LanguageModel {
  /// The model with its hidden states changed while it answers. Gradients are those of the model without.
  /// - Throws: ``LanguageModelError/unfitDirection(found:expected:)``.
  package func editing(_ edits: [StateEdit]) throws(LanguageModelError) -> LanguageModel {
    guard !edits.isEmpty else { return self }
    for edit in edits where edit.direction.count != configuration.width {
      throw .unfitDirection(found: edit.direction.count, expected: configuration.width)
    }
    var model = self
    model.becomeAnother()
    model.edits += edits
    return model
  }
}
