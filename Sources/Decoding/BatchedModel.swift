import Compute
import LanguageModel

/// A model with the keys and values of a batch's sequences.
struct BatchedModel {
  let model: LanguageModel
  private let cache: KeyValueCache
  private var memory: PassMemory
  private var logits: Matrix
  /// Slots that no sequence has.
  private var unused: [Int] = []

  init(_ model: LanguageModel) {
    self.model = model
    cache = model.makeCache(slots: 0, capacity: 0)
    memory = PassMemory(model.configuration)
    logits = Matrix(rows: 0, columns: model.configuration.vocabularySize)
  }

  /// The bytes of all slots.
  var bytes: Int { cache.capacities.reduce(0) { $0 + model.sequenceBytes(positions: $1) } }

  /// A slot for so many positions. One that is large enough and not much too large is taken as it is: new memory is
  /// slower than used one.
  mutating func takeSlot(positions: Int) -> Int {
    let fit = unused.filter { positions <= cache.capacities[$0] && cache.capacities[$0] <= 2 * positions + 32 }
    if let slot = fit.min(by: { cache.capacities[$0] < cache.capacities[$1] }) ?? unused.first {
      unused.removeAll { $0 == slot }
      if fit.isEmpty { cache.resize(slot: slot, capacity: positions) }
      cache.truncate(slot: slot, to: 0)
      return slot
    }
    cache.addSlot(capacity: positions)
    return cache.slots - 1
  }

  /// Takes a slot back.
  mutating func free(slot: Int) { unused.append(slot) }

  /// Gives back the memory of slots that no sequence has.
  func giveBackMemory() {
    for slot in unused { cache.resize(slot: slot, capacity: 0) }
  }

  /// Runs new rows and puts the logits of those that are kept into rows of a batch's.
  mutating func run(
    _ inputs: [SequenceInput], keeping kept: [Int], into all: inout Matrix, rows: [Int]
  ) throws(LanguageModelError) {
    let hidden = try model.forward(inputs, keeping: kept, cache: cache, memory: &memory)
    guard !rows.isEmpty else { return }
    if rows.count == all.rows, rows.elementsEqual(0..<all.rows) { return model.logits(of: hidden, into: &all) }
    logits.resize(rows: rows.count)
    model.logits(of: hidden, into: &logits)
    for (place, row) in rows.enumerated() { all[row: row] = logits[row: place] }
  }
}
