package import Compute
package import ModelFiles

/// A frozen decoder-only language model: embeddings in, logits out, and gradients back to the embeddings and to the
/// adapter that it may have.
///
/// A value that is only read; everything that changes (caches, activations) lives with its user.
package struct LanguageModel: Sendable {
  /// The model's dimensions and constants.
  package let configuration: ModelConfiguration
  /// Where its operations run, and how exactly.
  package private(set) var context: ComputeContext

  let embedding: WeightMatrix
  let embeddingNorm: Norm?
  /// The embedding table or a matrix of its own, `[vocabularySize, width]`.
  private var outputHead: Projection
  private var isPreparedForGradients = false
  let outputNorm: Norm
  var blocks: [Block]
  /// Cosines and sines of the positions, as many tables as the layers need.
  let rotaryTables: [RotaryTable]
  /// The matrices that adapters of the model can change.
  let adapterTargets: [AdapterTarget]
  /// What copies of the model have in common, until one of them computes something else.
  private var identity = ModelIdentity()
  /// The low-rank adapter that ``adapting(_:)`` put in; nil: none.
  package internal(set) var adapter: LowRankAdapter?
  /// What is done to the hidden states, which ``editing(_:)`` put in.
  var edits: [StateEdit] = []

  /// The longest conversation that the engine prepares for; a longer one is an error before anything runs.
  static let longestConversation = 8192

  /// Takes the weights out of a GGUF file. They stay in the file's formats, laid out for the kernels.
  /// - Throws: ``LanguageModelError``, `ModelFileError`: a family, tensor or value that is missing or impossible.
  package init(file: GGUFFile, context: ComputeContext) throws {
    let architecture = try file.string("general.architecture")
    guard let family = ModelFamily.all.first(where: { $0.ggufArchitecture == architecture }) else {
      throw LanguageModelError.unsupportedArchitecture(
        path: file.path, key: "general.architecture", found: architecture,
        supported: ModelFamily.all.compactMap(\.ggufArchitecture))
    }
    let configuration = try ModelConfiguration(file: file, family: family)
    let reader = WeightReader(
      file, isGGUF: true, family: family, configuration: configuration, pool: context.pool)
    try self.init(reader, outputHead: try reader.outputHead(), context: context)
  }

  /// Takes the weights out of a Hugging Face folder, likewise.
  /// - Throws: ``LanguageModelError``, `ModelFileError`: a family, tensor or value that is missing or impossible.
  package init(folder: CheckpointFolder, context: ComputeContext) throws {
    let kind = try folder.configuration.member("model_type").string()
    guard let family = ModelFamily.all.first(where: { $0.huggingFaceTypes.contains(kind) }) else {
      throw LanguageModelError.unsupportedArchitecture(
        path: folder.configuration.path, key: "model_type", found: kind,
        supported: ModelFamily.all.flatMap(\.huggingFaceTypes))
    }
    var configuration = try ModelConfiguration(folder: folder, family: family)
    func reader() -> WeightReader {
      WeightReader(folder, isGGUF: false, family: family, configuration: configuration, pool: context.pool)
    }
    // Files of tied models may hold a copy of the table. Where it is another, transformers 5 takes it.
    let hasOwnHead = !configuration.isTied || reader().hasOwnOutputHead
    configuration.warnings += reader().warnings(hasOwnOutputHead: hasOwnHead)
    let reader = reader()
    let head = hasOwnHead ? try reader.outputHead() : nil
    guard configuration.isTied || head != nil else {
      throw LanguageModelError.impossible(
        path: folder.path, key: "tie_word_embeddings", found: "false, and no tensor \(reader.names.output[0]).weight",
        expected: "true, or that tensor")
    }
    try self.init(reader, outputHead: head, context: context)
  }

  private init(_ reader: WeightReader, outputHead: WeightMatrix?, context: ComputeContext) throws {
    let configuration = reader.configuration
    self.configuration = configuration
    adapterTargets = reader.family.adapterTargets
    self.context = context
    let positions = min(configuration.contextLength, Self.longestConversation)
    rotaryTables = [configuration.rotary, configuration.localRotary].compactMap(\.self).map {
      RotaryTable(frequencies: $0.frequencies, factor: $0.magnitude, positions: positions)
    }
    embedding = try reader.embedding()
    embeddingNorm = try reader.embeddingNorm()
    outputNorm = try reader.outputNorm()
    self.outputHead = Projection(weights: [outputHead ?? embedding])
    let slopes =
      configuration.rotary == nil ? AttentionScoring.alibiSlopes(heads: configuration.attention.queryHeads) : []
    blocks = try (0..<configuration.layers).map { layer in
      let isLocal = configuration.isLocal[layer]
      return try reader.block(
        layer,
        scoring: AttentionScoring(
          scale: configuration.attentionScale, softCap: configuration.attentionSoftCap,
          window: isLocal ? configuration.window : nil, slopes: slopes),
        rotary: configuration.isRotary[layer] ? isLocal && configuration.localRotary != nil ? 1 : 0 : nil)
    }
    positionLimit = positions
  }

  /// Whether the other one computes the same, being a copy of this one.
  package func isIdentical(to other: LanguageModel) -> Bool { identity === other.identity }

  /// Tells the model apart from those that it is a copy of.
  mutating func becomeAnother() { identity = ModelIdentity() }

  /// The bytes that one sequence of so many positions takes under one stream: keys and values in single precision, and
  /// two rows of logits.
  package func sequenceBytes(positions: Int) -> Int {
    configuration.layers * 2 * configuration.attention.storedKeyValueWidth * 4 * positions + 8
      * configuration.vocabularySize
  }

  /// The same weights, multiplied with another precision.
  package func with(_ precision: Precision) -> LanguageModel {
    guard precision != context.precision else { return self }
    var model = self
    model.becomeAnother()
    model.context = context.with(precision)
    return model
  }

  /// The same model with what gradients at ``Precision/int8`` need: its quantized weights once more, transposed, in
  /// ``gradientBytes`` bytes. Without it, and at other precisions, gradients are made with the weights as they are.
  /// - Throws: `MemoryError` where the copy does not fit.
  package func preparedForGradients() throws(MemoryError) -> LanguageModel {
    try MemoryGuard().check(
      gradientBytes, for: "the model, once more for gradients at int8",
      advice: "Close other programs, or set precision to float32 or bfloat16, which need no copy.")
    guard context.precision == .int8, !isPreparedForGradients else { return self }
    var model = self
    model.isPreparedForGradients = true
    model.outputHead.transpose(on: context)
    for index in blocks.indices { model.blocks[index].transpose(on: context) }
    return model
  }

  /// The bytes that ``preparedForGradients()`` takes: 8 bits and a share of a scale for each quantized weight.
  package var gradientBytes: Int {
    guard context.precision == .int8, !isPreparedForGradients else { return 0 }
    let projections = [outputHead] + blocks.flatMap(\.projections)
    return projections.flatMap(\.weights).filter(\.format.isQuantized).reduce(0) {
      $0 + $1.outputs * $1.inputs * 34 / 32
    }
  }

  /// The gradient of a product to its input, in the place of what `dx` holds, `[rows, inputs]`; `dy` `[rows, Σ
  /// outputs]`.
  func gradient(of dy: Matrix, through projection: Projection, into dx: inout Matrix) {
    if let transposed = projection.transposed, context.precision == .int8 {
      context.multiply(dy, by: transposed, into: &dx)
    } else {
      context.gradient(of: dy, through: projection.weights, into: &dx)
    }
  }

  /// The most positions that one sequence can have, prefix included.
  package let positionLimit: Int

  /// The rows of the embedding table for some tokens, τ(x) `[tokens.count, width]`, scaled where the family does so:
  /// what transformers takes as `inputs_embeds`.
  /// - Throws: ``LanguageModelError/unknownToken(id:vocabularySize:)``.
  package func embed(_ tokens: [Int]) throws(LanguageModelError) -> Matrix {
    if let unknown = tokens.first(where: { !(0..<configuration.vocabularySize ~= $0) }) {
      throw .unknownToken(id: unknown, vocabularySize: configuration.vocabularySize)
    }
    var rows = context.gather(rows: tokens, of: embedding)
    if configuration.embeddingScale != 1 { context.scale(&rows, by: configuration.embeddingScale) }
    return rows
  }

  /// The logits of some rows of hidden states, `[hidden.rows, vocabularySize]`.
  /// - Parameter hidden: What a forward pass gives, before the last norm, `[rows, width]`.
  package func logits(of hidden: Matrix) -> Matrix {
    var logits = Matrix(rows: hidden.rows, columns: configuration.vocabularySize)
    self.logits(of: hidden, into: &logits)
    return logits
  }

  /// The same into memory that is already there, `[hidden.rows, vocabularySize]`.
  package func logits(of hidden: Matrix, into logits: inout Matrix) {
    context.multiply(normalizedStates(hidden), by: outputHead.weights, into: &logits)
    if configuration.logitDivisor != 1 { context.scale(&logits, by: 1 / configuration.logitDivisor) }
    if let cap = configuration.logitSoftCap { context.softCap(&logits, at: cap) }
  }

  /// What the output head reads, `[rows, width]`: hidden states behind the last norm.
  package func normalizedStates(_ hidden: Matrix) -> Matrix {
    var normalized = Matrix(rows: hidden.rows, columns: hidden.columns)
    context.normalize(hidden, outputNorm, into: &normalized)
    return normalized
  }

  /// The gradient to hidden states, `[rows, width]`, from that to ``normalizedStates(_:)``.
  package func hiddenGradient(ofNormalized dNormalized: Matrix, at hidden: Matrix) -> Matrix {
    var dHidden = Matrix(rows: hidden.rows, columns: hidden.columns)
    context.addNormalizationGradient(of: dNormalized, at: hidden, outputNorm, to: &dHidden)
    return dHidden
  }

  /// The gradient of ``logits(of:)`` to the hidden states, `[rows, width]`.
  /// - Parameters:
  ///   - dLogits: The gradient to the logits, `[rows, vocabularySize]`.
  ///   - hidden: The hidden states that the logits came from, `[rows, width]`.
  package func hiddenGradient(of dLogits: Matrix, at hidden: Matrix) -> Matrix {
    var dNormalized = Matrix(rows: hidden.rows, columns: hidden.columns)
    var dLogits = dLogits
    if let cap = configuration.logitSoftCap {
      context.replaceBySoftCapGradient(&dLogits, at: logits(of: hidden), cap: cap)
    }
    if configuration.logitDivisor != 1 { context.scale(&dLogits, by: 1 / configuration.logitDivisor) }
    gradient(of: dLogits, through: outputHead, into: &dNormalized)
    return hiddenGradient(ofNormalized: dNormalized, at: hidden)
  }
}

/// What copies of one model have in common. A class, for its identity alone.
private final class ModelIdentity: Sendable {}
