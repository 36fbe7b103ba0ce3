import EngineContract
import Evaluation
package import Foundation
import Records
package import Stages
import Tokenization

/// The refusal direction behind each block, and which one is kept.
extension DirectionsStage: RunnableStage {
  /// Finds the direction.
  package func run(in folder: URL, with context: some StageContext) throws -> [String: Double] {
    let engine = try context.engine(inputs.target, precision: parameters.precision)
    let frame = try engine.conversation.frame(.absent), method = MethodSetup(frame.prompt())
    let key = "anchors.size"
    let instructions = try [inputs.harmful, inputs.harmless].flatMap {
      try context.file($0).instructions(first: parameters.size, key: key)
    }
    let layers = engine.dimensions.layers
    // The states behind the last block are what the head reads; directions are taken before it.
    let all = Array(1..<max(2, layers))
    if let block = parameters.block, !all.contains(block) {
      throw PipelineError.noSuchBlock(found: block, last: layers - 1)
    }
    let blocks = parameters.block.map { [$0] } ?? all
    let requests = try instructions.map { instruction in
      let turn = try frame.turn(instruction.instruction)
      try engine.checkRoom(
        for: [turn], under: method, answer: 0, named: "the anchors' instruction \"\(instruction.id)\"")
      return frame.prompt() + [.tokens(turn)]
    }
    let states = try context.hiddenStates(of: requests, behind: blocks, by: engine)
    let size = parameters.size
    let held = min(size - 1, Int((Double(size) * parameters.validationShare).rounded()))
    func samples(_ places: Range<Int>, _ index: Int) -> [[Float]] { places.map { states[$0][index] } }
    let rows = blocks.indices.map { index in
      let found = RefusalDirection(
        block: blocks[index], harmful: samples(0..<size - held, index),
        harmless: samples(size..<2 * size - held, index))
      let right =
        samples(size - held..<size, index).count { found.product(with: $0) > found.threshold }
        + samples(2 * size - held..<2 * size, index).count { found.product(with: $0) <= found.threshold }
      let norm = found.direction.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      return BlockDirection(
        block: blocks[index], norm: norm, accuracy: held == 0 ? 0 : Double(right) / Double(2 * held))
    }
    // Of equals the first.
    let best = rows.indices.reduce(0) { rows[$1].accuracy > rows[$0].accuracy ? $1 : $0 }
    try RowFile.write(rows, to: folder.appendingPathComponent("blocks.jsonl"))
    let kept = RefusalDirection(
      block: blocks[best], harmful: samples(0..<size, best), harmless: samples(size..<2 * size, best))
    try CanonicalFile.write(kept, to: folder.appendingPathComponent(Self.file))
    return ["block": Double(kept.block), "accuracy": rows[best].accuracy]
  }

  /// The file of the direction in the artifact.
  package static let file = "direction.json"
}
