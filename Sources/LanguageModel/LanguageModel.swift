public import Compute
public import ModelFiles

/// A frozen decoder-only language model: embeddings in, logits out, and gradients back to the embeddings.
///
/// A value that is only read; everything that changes (caches, activations) lives with its user.
public struct LanguageModel: Sendable {
  /// The model's dimensions and constants.
  public let configuration: ModelConfiguration
  /// Where its operations run.
  public let context: ComputeContext

  let embedding: WeightMatrix
  let outputHead: WeightMatrix
  let outputNorm: [Float]
  let blocks: [Block]
  let rotary: RotaryTable

  /// The longest conversation that the engine prepares for; a longer one is an error before anything runs.
  static let longestConversation = 8192

  /// Takes the weights out of a GGUF file. They stay in the file's formats, laid out for the kernels.
  /// - Throws: ``LanguageModelError``, `ModelFileError`: a family, tensor or value that is missing or impossible.
  public init(file: GGUFFile, context: ComputeContext) throws {
    let architecture = try file.string("general.architecture")
    guard architecture == Llama.architecture else {
      throw LanguageModelError.unsupportedArchitecture(
        path: file.path, found: architecture, supported: [Llama.architecture])
    }
    let configuration = try ModelConfiguration(file: file, architecture: architecture)
    let reader = WeightReader(file: file, pool: context.pool)
    self.configuration = configuration
    self.context = context
    embedding = try reader.matrix(
      "token_embd.weight", outputs: configuration.vocabularySize, inputs: configuration.width)
    outputHead =
      file.tensors["output.weight"] == nil
      ? embedding
      : try reader.matrix("output.weight", outputs: configuration.vocabularySize, inputs: configuration.width)
    outputNorm = try reader.vector("output_norm.weight", count: configuration.width)
    blocks = try (0..<configuration.layers).map { try Llama.block($0, of: configuration, from: reader) }
    rotary = RotaryTable(
      headSize: configuration.attention.headSize, base: configuration.ropeBase,
      positions: min(configuration.contextLength, Self.longestConversation))
  }

  /// The most positions that one sequence can have, prefix included.
  public var positionLimit: Int { rotary.positions }

  /// The rows of the embedding table for some tokens, τ(x) `[tokens.count, width]`.
  /// - Throws: ``LanguageModelError/unknownToken(id:vocabularySize:)``.
  public func embed(_ tokens: [Int]) throws(LanguageModelError) -> Matrix {
    if let unknown = tokens.first(where: { !(0..<configuration.vocabularySize ~= $0) }) {
      throw .unknownToken(id: unknown, vocabularySize: configuration.vocabularySize)
    }
    return context.gather(rows: tokens, of: embedding)
  }

  /// The logits of some rows of hidden states, `[hidden.rows, vocabularySize]`.
  /// - Parameter hidden: What a forward pass gives, before the last norm, `[rows, width]`.
  public func logits(of hidden: Matrix) -> Matrix {
    var logits = Matrix(rows: hidden.rows, columns: configuration.vocabularySize)
    self.logits(of: hidden, into: &logits)
    return logits
  }

  /// The same into memory that is already there, `[hidden.rows, vocabularySize]`.
  public func logits(of hidden: Matrix, into logits: inout Matrix) {
    var normalized = Matrix(rows: hidden.rows, columns: hidden.columns)
    context.normalize(hidden, weight: outputNorm, epsilon: configuration.normEpsilon, into: &normalized)
    context.multiply(normalized, by: outputHead, into: &logits)
  }

  /// The gradient of ``logits(of:)`` to the hidden states, `[rows, width]`.
  /// - Parameters:
  ///   - dLogits: The gradient to the logits, `[rows, vocabularySize]`.
  ///   - hidden: The hidden states that the logits came from, `[rows, width]`.
  public func hiddenGradient(of dLogits: Matrix, at hidden: Matrix) -> Matrix {
    var dNormalized = Matrix(rows: hidden.rows, columns: hidden.columns)
    context.addGradient(of: dLogits, through: [outputHead], to: &dNormalized)
    var dHidden = Matrix(rows: hidden.rows, columns: hidden.columns)
    context.addNormalizationGradient(
      of: dNormalized, at: hidden, weight: outputNorm, epsilon: configuration.normEpsilon, to: &dHidden)
    return dHidden
  }
}
