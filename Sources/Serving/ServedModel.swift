package import Experiments
package import JSON
package import NativeEngine
package import Pipeline
package import Stages

/// What a server answers with: an engine, and what makes its methods ready.
package struct ServedModel {
  package var engine: NativeEngine
  /// What a manifest's section `decoding` says of each method: the names of other models.
  package var section: JSON.JSONObject
  /// Makes a method ready.
  package var prepare: (DecodingSettings) throws -> PreparedMethod
  /// The text of a manual system prompt.
  package var systemPrompt: (StreamPrompt.ManualPrompt) throws -> String

  package init(
    engine: NativeEngine, section: JSON.JSONObject = .init(),
    prepare: @escaping (DecodingSettings) throws -> PreparedMethod,
    systemPrompt: @escaping (StreamPrompt.ManualPrompt) throws -> String
  ) {
    self.engine = engine
    self.section = section
    self.prepare = prepare
    self.systemPrompt = systemPrompt
  }
}
