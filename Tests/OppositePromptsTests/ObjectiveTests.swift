import Compute
import EngineContract
import Foundation
import LanguageModel
import ModelFiles
import Randomness
import Stages
import TestSupport
import Testing

@testable import OppositePrompts

/// Equations 3 and 4 on the tiny model.
struct ObjectiveTests {
  private let model: LanguageModel
  private let fixture: ObjectiveFixture

  init() throws {
    model = try TinyModel.f32.load()
    fixture = try ObjectiveFixture("tiny-objective")
  }

  @Test func termsAndGradientsAreTheReferences() throws {
    try ObjectiveChecks(model: model, fixture: fixture).termsAndGradients(gradient: 2e-5)
  }

  @Test func everyTokensProbabilityIsTheReferences() throws {
    try ObjectiveChecks(model: model, fixture: fixture).logProbabilities(
      of: [
        (.refused, "refused"), (.answered, "answered"), (.harmless, "harmless"), (.harmlessRefused, "harmlessRefusal"),
      ], pairs: 3)
  }

  @Test func everyPairsTermsAreTheReferences() throws {
    try ObjectiveChecks(model: model, fixture: fixture).termsOfSinglePairs()
  }

  /// The loss along a line through the soft prompt falls and rises as the gradient says; needs no reference.
  @Test(arguments: [PromptRole.safeguarding, .adversarial]) func gradientIsTheFiniteDifference(prompt: PromptRole)
    throws
  {
    for kind in TinyModel.allCases {
      let model = try kind.load()
      let weights = PromptStage.Weights(likelihood: 0.7, unlikelihood: 2.5, regularization: 1.3, harmlessRefusal: 3)
      let objective = try fixture.objective(of: model, prompt: prompt, weights: weights)
      let z = try fixture.softPrompt()
      var activations = PackedActivations(model.configuration)
      let value = try objective.evaluate(z, on: fixture.pairs(), activations: &activations)
      let gradient = try #require(value.gradient)
      try expectSlopes(of: gradient, at: z, directions: 5, seed: 1, within: 2e-4, "\(kind), ") {
        try objective.evaluate($0, on: fixture.pairs(), activations: &activations, wantsGradient: false).total
      }
    }
  }

  @Test func aTermIsTheMeanOverAllTokensOfItsPairs() throws {
    var activations = PackedActivations(model.configuration)
    let objective = try fixture.objective(of: model, prompt: .safeguarding)
    let pairs = fixture.pairs([.refused]), z = try fixture.softPrompt()
    func likelihood(_ pairs: [TrainingPair]) throws -> Double {
      try objective.evaluate(z, on: pairs, activations: &activations, wantsGradient: false).likelihood
    }
    let counts = pairs.map { Double($0.response.count) }
    #expect(Set(counts).count > 1)
    let sum = try zip(pairs, counts).reduce(0) { $0 + (try likelihood([$1.0])) * $1.1 }
    assertClose(try likelihood(pairs), sum / counts.reduce(0, +), within: .absolute(1e-6))
    assertClose(
      try likelihood(pairs.reversed() + fixture.pairs([.harmless])), try likelihood(pairs), within: .absolute(1e-6))
  }

  /// Answers to one instruction share its rows, one of a single token adds none: each counts as if it stood alone.
  @Test func answersToOneInstructionCountAsIfEachHadItsOwn() throws {
    var activations = PackedActivations(model.configuration)
    let weights = PromptStage.Weights(likelihood: 0.7, unlikelihood: 2.5, regularization: 1.3)
    let objective = try fixture.objective(of: model, prompt: .safeguarding, weights: weights)
    let z = try fixture.softPrompt()
    let pairs = [
      ([5, 6, 7], [10, 11, 12, 13], AnchorPair.Category.refused), ([8], [9, 10], .harmless),
      ([5, 6, 7], [14], .refused),
      ([5, 6, 7], [15, 16, 17], .answered), ([5, 6], [7, 15, 16], .answered), ([8], [9], .harmless),
    ].map { TrainingPair(turn: $0, response: $1, category: $2) }
    let found = try objective.evaluate(z, on: pairs, activations: &activations)
    var expected = [0.0, 0, 0], gradient = [Double](repeating: 0, count: z.values.count)
    for pair in pairs {
      let alone = try objective.evaluate(z, on: [pair], activations: &activations)
      let counted = pairs.filter { $0.category == pair.category }.reduce(0) { $0 + $1.response.count }
      let share = Double(pair.response.count) / Double(counted)
      for (index, term) in [alone.likelihood, alone.unlikelihood, alone.regularization].enumerated() {
        expected[index] += share * term
      }
      for (index, slope) in try #require(alone.gradient).values.enumerated() {
        gradient[index] += share * Double(slope)
      }
    }
    assertClose(
      [found.likelihood, found.unlikelihood, found.regularization], expected, within: .absolute(1e-12), "terms")
    assertClose(try #require(found.gradient).values, gradient, within: .ofLargest(2e-6), "gradient")
  }

  /// What else is in a batch, and in which place a pair stands, changes no bit of its loss.
  @Test func aPairsLossHasTheSameBitsInAnyBatch() throws {
    var activations = PackedActivations(model.configuration)
    let objective = try fixture.objective(of: model, prompt: .safeguarding), z = try fixture.softPrompt()
    for pair in fixture.pairs([.refused]) {
      func likelihood(_ pairs: [TrainingPair]) throws -> Double {
        try objective.evaluate(z, on: pairs, activations: &activations, wantsGradient: false).likelihood
      }
      let alone = try likelihood([pair])
      #expect(try likelihood([pair] + fixture.pairs([.harmless])) == alone)
      #expect(try likelihood(fixture.pairs([.answered, .harmless]) + [pair]) == alone)
    }
  }

  @Test func theTotalIsTheSumOfTheTermsTimesTheirFactors() throws {
    var activations = PackedActivations(model.configuration)
    let weights = PromptStage.Weights(likelihood: 0.5, unlikelihood: 4, regularization: 0, harmlessRefusal: 8)
    let objective = try fixture.objective(of: model, prompt: .adversarial, weights: weights)
    let value = try objective.evaluate(fixture.softPrompt(), on: fixture.pairs(), activations: &activations)
    #expect(value.regularization > 1)
    assertClose(
      value.total, 0.5 * value.likelihood + 4 * value.unlikelihood + 8 * value.harmlessRefusal, within: .relative(1e-12)
    )
    #expect(
      PromptStage.Weights()
        == PromptStage.Weights(likelihood: 1, unlikelihood: 1, regularization: 1, harmlessRefusal: 0))
  }

  /// A token that is certain, to the last place, has a constant unlikelihood of `−ln 1e-6`, and so no gradient.
  @Test func unlikelihoodIsConstantBelowItsFloor() throws {
    // Logits 400 times as large make the likeliest token certain.
    var file = try ModelFileEdit(.f32)
    try file.scale("output_norm.weight", of: .f32, by: 400)
    let model = try withTemporaryFile(file.bytes) { path in
      try LanguageModel(file: GGUFFile(path: path), context: ComputeContext(threads: 2))
    }
    let z = try fixture.softPrompt()
    let likeliest = (0..<96).first { token in
      (try? unlikelihood(of: token, z, model).unlikelihood > 10) == true
    }
    let certain = try unlikelihood(of: #require(likeliest), z, model)
    #expect(certain.unlikelihood == -log(ObjectiveTerms.probabilityFloor))
    #expect(try #require(certain.gradient).values.allSatisfy { $0 == 0 })
    let impossible = try unlikelihood(of: #require((0..<96).first { $0 != likeliest }), z, model)
    assertClose(impossible.unlikelihood, 0, within: .absolute(1e-6))
  }

  /// The unlikelihood of one token after some others.
  private func unlikelihood(of token: Int, _ z: Matrix, _ model: LanguageModel) throws -> ObjectiveValue {
    var activations = PackedActivations(model.configuration)
    return try fixture.objective(of: model, prompt: .adversarial).evaluate(
      z, on: [TrainingPair(turn: [5, 6], response: [token], category: .refused)], activations: &activations)
  }

  @Test func gradientHasTheSameBitsForAnyNumberOfThreadsAndAllKernels() throws {
    let z = try fixture.softPrompt()
    func value(_ model: LanguageModel) throws -> ObjectiveValue {
      var activations = PackedActivations(model.configuration)
      let objective = try fixture.objective(
        of: model, prompt: .safeguarding, weights: PromptStage.Weights(harmlessRefusal: 0.5))
      return try objective.evaluate(z, on: fixture.pairs(), activations: &activations)
    }
    for (kind, precision) in [(TinyModel.f32, Precision.float32), (.q4_1, .float32), (.q4_1, .int8)] {
      let expected = try value(kind.load(threads: 1).with(precision))
      for kernels in KernelSet.available {
        for threads in [1, 2, 4] {
          let found = try value(kind.load(threads: threads, kernels: kernels).with(precision))
          #expect(found == expected, "\(kind), \(precision), \(kernels.name), \(threads) threads")
        }
      }
    }
  }

  /// At int8 the loss is near float32's, and its gradient the one through the transposed weights.
  @Test func quantizedGradientsGoThroughTransposedWeights() throws {
    let z = try fixture.softPrompt(), exact = try TinyModel.q4_1.load(), model = exact.with(.int8)
    func value(_ model: LanguageModel) throws -> ObjectiveValue {
      var activations = PackedActivations(model.configuration)
      return try fixture.objective(of: model, prompt: .safeguarding).evaluate(
        z, on: fixture.pairs(), activations: &activations)
    }
    let copied = try model.preparedForGradients()
    #expect(model.gradientBytes > 0 && copied.gradientBytes == 0 && exact.gradientBytes == 0)
    let found = try value(model), reference = try value(exact)
    assertClose([found.total], [reference.total], within: .relative(2e-2))
    let gradient = try #require(found.gradient), expected = try #require(reference.gradient)
    let prepared = try value(model.preparedForGradients()), rounded = try value(exact.with(.bfloat16))
    #expect(gradient == prepared.gradient)
    assertClose(gradient.values, expected.values.map(Double.init), within: .ofLargest(8e-2))
    #expect(gradient != rounded.gradient)
  }

  @Test func memoryOfOtherBatchesChangesNothing() throws {
    let z = try fixture.softPrompt(), pairs = fixture.pairs()
    let objective = try fixture.objective(of: model, prompt: .safeguarding)
    var fresh = PackedActivations(model.configuration), used = fresh
    _ = try objective.evaluate(z, on: pairs + pairs, activations: &used)
    _ = try objective.evaluate(z, on: [pairs[0]], activations: &used)
    #expect(
      try objective.evaluate(z, on: pairs, activations: &used) == objective.evaluate(z, on: pairs, activations: &fresh))
  }

  @Test func whatCanNotBeEvaluatedIsAnError() throws {
    var activations = PackedActivations(model.configuration)
    let objective = try fixture.objective(of: model, prompt: .safeguarding)
    let z = try fixture.softPrompt()
    #expect(throws: LanguageModelError.unknownToken(id: 96, vocabularySize: 96)) {
      try objective.evaluate(
        z, on: [TrainingPair(turn: [1, 96], response: [2], category: .refused)], activations: &activations)
    }
    let before = z.rows + fixture.description.pairs.refused[0].beforeIDs.count + fixture.afterSystem.count
    #expect(throws: LanguageModelError.tooLong(positions: before + 300, limit: 256)) {
      try objective.evaluate(
        z, on: [TrainingPair(turn: [Int](repeating: 4, count: 300), response: [2], category: .refused)],
        activations: &activations)
    }
    #expect(throws: LanguageModelError.unknownToken(id: -1, vocabularySize: 96)) {
      try Objective(
        model: model, beforeSystem: [-1], afterSystem: [], prompt: .adversarial, weights: PromptStage.Weights())
    }
  }
}
