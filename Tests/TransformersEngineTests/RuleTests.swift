import Compute
import Decoding
import EngineContract
import ModelFiles
import Randomness
import Stages
import TestSupport
import Testing
import TransformersEngine

/// The worker's rules against ours, over random logits.
@Suite(.serialized, .enabled(if: SecondEngine.isAvailable, "\(SecondEngine.reason)"))
@EngineActor struct RuleTests {
  /// Every rule, in more than one setting.
  nonisolated static let settings: [MethodParameters] = DecodingMethod.allCases.filter { $0.streams.count > 1 }.flatMap
  { method in
    [(0.5, 0.0, 0), (2.5, 0.1, 3), (0, 0.3, 0)].map { alpha, mask, steps in
      var parameters = MethodParameters(method: method)
      parameters.alpha = alpha
      parameters.plausibility = mask > 0 ? mask : nil
      parameters.contrastSteps = steps > 0 ? steps : nil
      parameters.candidates = 5
      parameters.agreement = 0.9
      parameters.amateurTemperature = 0.7
      return parameters
    }
  }

  @Test func theyChooseTheSame() throws {
    try SecondEngine.withBoth(SecondEngine.family("llama")) { _, second in
      var random = CounterRandom(test: 23)
      let rows = 12, vocabulary = 300, steps = (0..<rows).map { $0 % 5 }
      for parameters in Self.settings where !parameters.isFirstStreamAlone {
        let rule = parameters.rule, count = rule.streams
        var logits = random.matrix(count * rows, vocabulary, scale: 3)
        // Equal logits: the lowest id is taken.
        for row in 0..<count * rows {
          for token in [17, 40, 250] { logits[row, token] = 9 }
        }
        // Streams that agree, too.
        for row in 0..<3 where count > 1 { logits[row: rows + row] = logits[row: row] }
        let given = SafetensorsTensor(shape: [count, rows, vocabulary], values: logits.values)
        let found = try second.combined(given, steps: steps, under: parameters)
        let context = ComputeContext(threads: 1)
        var expected = logits
        context.combineStreams(&expected, sequences: rows, streams: count) { rule.combine($1, step: steps[$0]) }
        let name = "\(parameters.method.name), \(parameters.alpha ?? -1), \(parameters.plausibility ?? 0)"
        #expect(found.tokens == Array(context.largest(of: expected).prefix(rows)), "\(name)")
        let own = expected.rows(in: 0..<rows).values
        #expect(found.logits.values.map { $0 == -.infinity } == own.map { $0 == -.infinity }, "\(name)")
        assertClose(
          zip(found.logits.values, own).filter { $1.isFinite }.map(\.0), own.filter(\.isFinite),
          within: .absolute(1e-4), name)
      }
    }
  }
}
