import Compute
import EngineContract
import Evaluation
package import Foundation
import Records
package import Stages
import Tokenization

/// What the model's own hidden states tell of harm, block by block.
extension ProbeStage: RunnableStage {
  /// The ridges that are tried, the strongest first: of equals the strongest is kept.
  private static let ridges = [10.0, 3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001]

  /// Probes the states.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let prompts = try SystemPrompts(context.file(inputs.systemPrompts))
    let frame = try engine.conversation.frame(.text(prompts.text(parameters.systemPrompt)))
    let key = "anchors.size"
    let harmful = try context.file(inputs.harmful).instructions(first: parameters.size, key: key)
    let harmless = try context.file(inputs.harmless).instructions(first: parameters.size, key: key)
    let sets = try parameters.sets.map { set in
      guard let file = inputs.requests[set.name] else { throw PipelineError.unhashed("requests of \(set.name)") }
      return try context.file(file).instructions(set.requests)
    }
    let method = MethodSetup(frame.prompt())
    let turns = try (harmful + harmless + sets.joined()).map { try frame.turn($0.instruction) }
    // A request that the model can't read to its end costs itself, not the others.
    let fits = turns.map { engine.room(for: [$0], under: method) >= 0 }
    for (instruction, fits) in zip(harmful + harmless, fits) where !fits {
      try engine.checkRoom(
        for: [frame.turn(instruction.instruction)], under: method, answer: 0,
        named: "the anchors' instruction \"\(instruction.id)\"")
    }
    let blocks = Array(1...max(1, engine.dimensions.layers))
    let asked = turns.indices.filter { fits[$0] }
    let states = try context.hiddenStates(
      of: asked.map { frame.prompt() + [.tokens(turns[$0])] }, behind: blocks, by: engine)
    // The places of each set's requests among the states.
    var first = 2 * parameters.size, place = first
    let places = sets.map { set in
      let held = (first..<first + set.count).count { fits[$0] }
      first += set.count
      place += held
      return Array(place - held..<place)
    }
    let rows = blocks.indices.map { index in
      probed(RidgeRegression(states.map { $0[index] }), block: blocks[index], sets: places)
    }
    try RowFile.write(rows, to: folder.appendingPathComponent(Self.rows))
    return engine.conversation.counters.merging(["requests": Double(asked.count)]) { $1 }
  }

  /// One block's regression: with the ridge that tells parts of the anchors apart best from the others.
  private func probed(_ regression: RidgeRegression, block: Int, sets: [[Int]]) -> ProbedBlock {
    let size = parameters.size, all = Array(0..<2 * size)
    func targets(_ samples: [Int]) -> [Double] { samples.map { $0 < size ? 1 : -1 } }
    func heldHarmful(_ samples: [Int], from training: [Int], _ ridge: Double) -> [Bool] {
      regression.predictions(training: training, targets: targets(training), ridge: ridge, for: samples)?
        .map { $0 > 0 } ?? samples.map { _ in false }
    }
    func crossValidated(_ ridge: Double) -> [Bool] {
      var held = [Bool](repeating: false, count: all.count)
      for fold in 0..<max(2, parameters.folds) {
        // Twins stand on the same line, and so in the same part.
        let part = all.filter { $0 % size % max(2, parameters.folds) == fold }
        let others = all.filter { $0 % size % max(2, parameters.folds) != fold }
        for (sample, isHarmful) in zip(part, heldHarmful(part, from: others, ridge)) { held[sample] = isHarmful }
      }
      return held
    }
    func right(_ held: [Bool]) -> Int { held.enumerated().count { $1 == ($0 < size) } }
    let tried = Self.ridges.map { ($0, crossValidated($0)) }
    let best = tried.reduce(tried[0]) { right($1.1) > right($0.1) ? $1 : $0 }
    func counted(_ name: String, _ kind: InstructionKind, _ held: some Collection<Bool>) -> ProbedBlock.Held {
      .init(set: name, kind: kind, count: held.count, heldHarmful: held.count { $0 })
    }
    return ProbedBlock(
      block: block, ridge: best.0, harmful: counted("anchors", .harmful, best.1.prefix(size)),
      harmless: counted("anchors", .harmless, best.1.dropFirst(size)),
      sets: zip(parameters.sets, sets).map { set, places in
        counted(set.name, set.kind, heldHarmful(places, from: all, best.0))
      })
  }

  /// The file of the rows in the artifact.
  static let rows = "probe.jsonl"
}
