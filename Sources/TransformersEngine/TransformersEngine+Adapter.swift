import Compute
package import EngineContract
import Foundation
import JSON
import LanguageModel
package import ModelFiles
import OppositePrompts
package import Stages

/// Training of low-rank adapters: the worker finds loss and gradient, the steps are ours.
extension TransformersEngine {
  /// Trains a low-rank adapter on responses, with AdamW.
  package func trainAdapter(
    _ parameters: AdapterStage.Parameters, on examples: [AdapterExample], seed: UInt64, from checkpoint: [UInt8]?,
    onStep: (AdapterStep, () throws -> [UInt8]) throws -> Void
  ) throws -> LoraAdapterFile {
    let shape = try AdapterShape(
      rank: parameters.rank, alpha: parameters.alpha,
      targets: parameters.targets.compactMap(AdapterTarget.init(rawValue:)))
    let sizes = try sizes(of: shape.targets)
    let adapter = LowRankAdapter(initial: shape, layers: dimensions.layers, seed: seed) { sizes[$0] ?? (1, 1) }
    var state = AdapterTunerState.continuing(checkpoint, from: AdapterTunerState(adapter, parameters))
    let settings = AdapterTunerSettings(parameters, examples: examples.count, seed: seed)
    try settings.run(
      &state, over: examples, onStep: { step, state in try onStep(step) { try state.checkpoint() } }, loss: loss)
    return state.adapter.file(baseModelName: hubName?.text)
  }

  /// The outputs and inputs of the matrices that an adapter changes, alike in all blocks.
  private func sizes(of targets: [AdapterTarget]) throws -> [AdapterTarget: (outputs: Int, inputs: Int)] {
    let found = try worker.call(
      "modules", ["model": try model, "names": .array(targets.map { .string($0.module) })])
    return try targets.reduce(into: [:]) { sizes, target in
      guard let pair = found["sizes"]?[target.module]?.array, pair.count == 2, let inputs = pair[0].integer,
        let outputs = pair[1].integer
      else { throw TransformersError.fault("it tells no size of \(target.module)", log: "standard error") }
      sizes[target] = (outputs, inputs)
    }
  }

  /// The loss of an adapter on some examples, with its gradient.
  private func loss(of adapter: LowRankAdapter, on examples: [AdapterExample]) throws -> AdapterLoss {
    let file = adapter.file(baseModelName: nil)
    var tensors: [String: SafetensorsTensor] = [:]
    let described = MethodDescription.adapter(file, into: &tensors)
    let reply = try withTensors(tensors) { name in
      try worker.call(
        "adapterLoss",
        [
          "model": try model, "adapter": described, "tensors": name, "into": .string(worker.newName("gradient")),
          "examples": .array(
            examples.map { example in
              [
                "prompt": .array(example.prompt.map(JSONValue.integer)),
                "response": .array(example.response.map(JSONValue.integer)),
              ]
            }),
        ])
    }
    let gradients = try self.tensors(in: reply)
    var pairs: [LowRankPair] = []
    for layer in 0..<dimensions.layers {
      for target in adapter.settings.targets {
        let stem = "\(layer).\(target.module)"
        guard let a = gradients["\(stem).A"].flatMap(Matrix.init), let b = gradients["\(stem).B"].flatMap(Matrix.init)
        else { throw TransformersError.fault("it gives no gradient of \(stem)", log: "standard error") }
        pairs.append(LowRankPair(a: a, b: b))
      }
    }
    let tokens = examples.reduce(0) { $0 + $1.response.count }
    return AdapterLoss(mean: reply["mean"]?.number ?? 0, tokens: tokens, gradient: pairs)
  }
}

extension Matrix {
  /// The matrix that a tensor of two dimensions is.
  init?(_ tensor: SafetensorsTensor) {
    guard tensor.shape.count == 2 else { return nil }
    self.init(rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.values)
  }
}
