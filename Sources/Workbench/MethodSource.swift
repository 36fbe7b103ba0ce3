import EngineContract
package import Experiments
import Fingerprints
import Foundation
package import NativeEngine
package import Pipeline
import Records
package import Stages

/// What makes methods ready for a server: one model, and what an experiment of the store has for it.
package struct MethodSource {
  /// What is served.
  package struct Options: Sendable {
    /// The experiment's hash, or a beginning of it; nil for the newest experiment's prompts.
    package var experiment: String?
    /// A catalog's name or a path; nil for the experiment's model.
    package var model: String?
    /// How exact the model's products are; nil for the experiment's.
    package var precision: ProductPrecision?
    /// A stored adapter's hash, an experiment's, or the path of a PEFT folder; nil for the experiment's.
    package var adapter: String?

    package init(
      experiment: String? = nil, model: String? = nil, precision: ProductPrecision? = nil,
      adapter: String? = nil
    ) {
      self.experiment = experiment
      self.model = model
      self.precision = precision
      self.adapter = adapter
    }
  }

  /// The model where neither an option nor an experiment names one.
  private static let standardModel = "smollm2-135m-instruct-q4_1"

  /// The engine.
  package let engine: NativeEngine
  private let options: Options
  private let workspace: Workspace
  private let precision: ProductPrecision

  /// Loads the model.
  /// - Throws: ``WorkbenchError/badOption(name:found:expected:)`` for a model of another engine.
  package init(_ options: Options, workspace: Workspace) throws {
    self.options = options
    self.workspace = workspace
    let settings = try workspace.settings(of: options.experiment)
    precision = options.precision ?? settings?.precision ?? .float32
    let loaded: any Engine = try workspace.engine(
      options.model ?? settings?.model ?? Self.standardModel, settings?.conversation ?? ConversationSettings(),
      on: options.precision.map(ModelComputation.native) ?? settings?.computation ?? .native(precision))
    guard let engine = loaded as? NativeEngine else {
      throw WorkbenchError.badOption(
        name: "engine", found: "a model of another engine", expected: "the native one, which alone is served")
    }
    self.engine = engine
  }

  /// A method made ready.
  /// - Throws: Where the store lacks what it needs.
  package func method(_ decoding: DecodingSettings) throws -> PreparedMethod {
    let hashes = [options.experiment].compactMap(\.self)
    return try workspace.method(
      decoding, on: engine, tuned: workspace.tunedPrompts(hashes, for: decoding.method), from: hashes,
      adapter: options.adapter ?? options.experiment, computation: .native(precision))
  }

  /// The text of a manual system prompt.
  package func systemPrompt(_ prompt: StreamPrompt.ManualPrompt) throws -> String {
    try SystemPrompts(workspace.file("Anchors/system-prompts.json")).text(prompt)
  }
}

extension Workspace {
  /// The settings of an experiment, or of the newest; nil where there is none.
  fileprivate func settings(of experiment: String?) throws -> Settings? {
    let fingerprint: Fingerprint?
    if let experiment {
      fingerprint = try store.resolve(prefix: experiment, among: .experiments)
    } else {
      fingerprint = try index().experiments().first?.fingerprint
    }
    guard let fingerprint else { return nil }
    let bytes = try store.manifest(of: fingerprint)
    return try Manifest(parsing: String(decoding: bytes, as: UTF8.self), named: fingerprint.short).settings
  }
}
