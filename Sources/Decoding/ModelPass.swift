import Compute
import LanguageModel

/// The streams of a method that run on one model, with their prompts' keys and values.
struct ModelPass {
  let model: LanguageModel
  /// The streams' numbers in the method.
  let streams: [Int]
  /// Their prompts; one without rows has no positions.
  let prefixes: [KeyValueCache?]

  /// The passes of a method's streams, one for each of its models.
  static func passes(
    for streams: [GenerationStream],
    makePrefix: (GenerationStream) throws(LanguageModelError) -> KeyValueCache = {
      (stream) throws(LanguageModelError) in try stream.model.prefix(stream.prompt)
    }
  ) throws(LanguageModelError) -> [ModelPass] {
    let vocabulary = streams[0].model.configuration.vocabularySize
    var passes: [ModelPass] = []
    for (first, stream) in streams.enumerated()
    where !streams[..<first].contains(where: { $0.model.isIdentical(to: stream.model) }) {
      let members = streams.indices.filter { streams[$0].model.isIdentical(to: stream.model) }
      var prefixes: [KeyValueCache?] = []
      for stream in members {
        let size = streams[stream].model.configuration.vocabularySize
        guard size == vocabulary else { throw .otherVocabulary(found: size, expected: vocabulary) }
        prefixes.append(streams[stream].prompt.rows == 0 ? nil : try makePrefix(streams[stream]))
      }
      passes.append(ModelPass(model: streams[members[0]].model, streams: members, prefixes: prefixes))
    }
    return passes
  }
}

/// A pass with the memory of a batch: the rows of all its streams and all sequences run together.
struct ModelBatch {
  private let pass: ModelPass
  private let sequences: Int
  private let cache: KeyValueCache
  private var memory: PassMemory
  private var logits: Matrix

  init(_ pass: ModelPass, sequences: Int, capacity: Int) {
    self.pass = pass
    self.sequences = sequences
    cache = pass.model.makeCache(slots: sequences * pass.streams.count, capacity: capacity)
    memory = PassMemory(pass.model.configuration)
    logits = Matrix(rows: 0, columns: pass.model.configuration.vocabularySize)
  }

  /// Runs new tokens and puts the logits of each sequence's last ones into the rows of its streams.
  /// - Parameters:
  ///   - slots: The running sequences' slots, `[running]`.
  ///   - tokens: The new tokens of each running sequence under a stream of the method.
  ///   - kept: Of how many of a sequence's last tokens the logits are wanted, `[running]`; nil for one each.
  ///   - all: The logits of all streams, `[streams · Σ kept, vocabulary]`.
  mutating func run(
    slots: [Int], tokens: (Int) -> [[Int]], keeping kept: [Int]? = nil, into all: inout Matrix
  ) throws(LanguageModelError) {
    let kept = kept ?? slots.map { _ in 1 }, rows = kept.reduce(0, +)
    var inputs: [SequenceInput] = []
    for (place, stream) in pass.streams.enumerated() {
      for (slot, next) in zip(slots, tokens(stream)) {
        inputs.append(
          SequenceInput(
            embeddings: try pass.model.embed(next), slot: place * sequences + slot, prefix: pass.prefixes[place]))
      }
    }
    let hidden = try pass.model.forward(
      inputs, keeping: pass.streams.flatMap { _ in kept }, cache: cache, memory: &memory)
    if all.rows == hidden.rows {
      pass.model.logits(of: hidden, into: &all)
      return
    }
    logits.resize(rows: hidden.rows)
    pass.model.logits(of: hidden, into: &logits)
    for (place, stream) in pass.streams.enumerated() {
      for row in 0..<rows { all[row: stream * rows + row] = logits[row: place * rows + row] }
    }
  }
}
