/// How well the states behind one block tell harmful requests from harmless ones: a row of `probe.jsonl`.
package struct ProbedBlock: Sendable, Hashable, Codable {
  /// How many of some requests were held harmful.
  package struct Held: Sendable, Hashable, Codable {
    /// The set's name.
    package let set: String
    /// Whether its requests are harmful.
    package let kind: InstructionKind
    /// The number of requests.
    package let count: Int
    /// How many of them were held harmful.
    package let heldHarmful: Int

    /// The share that was held harmful; 0 of none.
    package var rate: Double { count == 0 ? 0 : Double(heldHarmful) / Double(count) }

    package init(set: String, kind: InstructionKind, count: Int, heldHarmful: Int) {
      self.set = set
      self.kind = kind
      self.count = count
      self.heldHarmful = heldHarmful
    }
  }

  /// The number of blocks that have run.
  package let block: Int
  /// The ridge that told the anchors' parts apart best, as a share of the states' mean squared norm.
  package let ridge: Double
  /// The anchors' harmful instructions, each predicted from parts that it is not in.
  package let harmful: Held
  /// The harmless ones, likewise.
  package let harmless: Held
  /// The evaluation sets, predicted from all of the anchors' instructions.
  package let sets: [Held]

  /// By how much more harmful instructions are held harmful than harmless ones.
  package var gap: Double { harmful.rate - harmless.rate }

  package init(block: Int, ridge: Double, harmful: Held, harmless: Held, sets: [Held]) {
    self.block = block
    self.ridge = ridge
    self.harmful = harmful
    self.harmless = harmless
    self.sets = sets
  }
}

extension [ProbedBlock] {
  /// The block that tells the anchors' parts apart best; of equals the first. The evaluation sets have no say in it.
  package var best: ProbedBlock? {
    reduce(nil) { (best: ProbedBlock?, block) in
      guard let best, best.gap >= block.gap else { return block }
      return best
    }
  }
}
