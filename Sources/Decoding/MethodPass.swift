package import Compute
package import LanguageModel

/// A method's streams made ready: the keys and values of their prompts, and what combines them.
///
/// A class, since a batch tells methods apart by what they are; it belongs to one task at a time.
package final class MethodPass {
  /// The models, each with its streams.
  let passes: [ModelPass]
  /// What combines the streams.
  package let rule: any CombinationRule
  /// The number of tokens there are.
  package let vocabularySize: Int
  /// Where its operations run.
  let context: ComputeContext
  /// The streams' models, in the streams' order.
  let models: [LanguageModel]
  /// The streams' prompts; nil for one without rows.
  let prefixes: [KeyValueCache?]

  /// A method of as many streams as the rule combines.
  /// - Parameter makePrefix: Gives a prompt's keys and values; a caller may keep some.
  /// - Throws: `LanguageModelError` for a prompt that is too long, and for models of different vocabularies.
  package init(
    streams: [GenerationStream], rule: any CombinationRule,
    makePrefix: (GenerationStream) throws(LanguageModelError) -> KeyValueCache = {
      (stream) throws(LanguageModelError) in try stream.model.prefix(stream.prompt)
    }
  ) throws(LanguageModelError) {
    precondition(!streams.isEmpty && streams.count == rule.streams, "as many prompts as the rule combines")
    passes = try ModelPass.passes(for: streams, makePrefix: makePrefix)
    self.rule = rule
    models = streams.map(\.model)
    vocabularySize = streams[0].model.configuration.vocabularySize
    context = streams[0].model.context
    var prefixes = [KeyValueCache?](repeating: nil, count: streams.count)
    for pass in passes {
      for (place, stream) in pass.streams.enumerated() { prefixes[stream] = pass.prefixes[place] }
    }
    self.prefixes = prefixes
  }

  /// How many positions a stream's prompt has.
  func promptLength(of stream: Int) -> Int { prefixes[stream]?.counts[0] ?? 0 }

  /// The bytes that one sequence of so many positions takes, under all streams.
  package func sequenceBytes(positions: Int) -> Int {
    models.reduce(0) { $0 + $1.sequenceBytes(positions: positions) }
  }
}
