package import Compute

/// The dimensions and constants of a decoder-only transformer.
package struct ModelConfiguration: Sendable {
  /// The family's name, such as `Llama`.
  package internal(set) var family: String
  /// Number of blocks.
  package internal(set) var layers: Int
  /// Width of a position's state, d.
  package internal(set) var width: Int
  /// Width of the feed-forward layer.
  package internal(set) var feedForwardWidth: Int
  /// The experts; nil where all layers are plain ones.
  package internal(set) var experts: ExpertShape? = nil
  /// The attention's heads.
  package internal(set) var attention: AttentionShape
  /// Number of tokens.
  package internal(set) var vocabularySize: Int
  /// The largest number of positions that the model was made for.
  package internal(set) var contextLength: Int
  /// What is added to the mean square, or variance, before its root is taken.
  package internal(set) var normEpsilon: Float
  /// What the products of queries and keys are multiplied with.
  package internal(set) var attentionScale: Float
  /// The soft bound of attention scores; nil: none.
  package internal(set) var attentionSoftCap: Float? = nil
  /// The soft bound of the logits; nil: none.
  package internal(set) var logitSoftCap: Float? = nil
  /// What the rows of the embedding table are multiplied with.
  package internal(set) var embeddingScale: Float = 1
  /// What the first block's input is multiplied with, rows of a soft prompt like those of the table.
  package internal(set) var inputScale: Float = 1
  /// What is multiplied with what a layer gives before it is added to the states.
  package internal(set) var residualScale: Float = 1
  /// What the logits are divided by.
  package internal(set) var logitDivisor: Float = 1
  /// How many positions a query sees in the local layers, its own included; nil: all before it.
  package internal(set) var window: Int? = nil
  /// Whether each layer is a local one, `[layers]`.
  package internal(set) var isLocal: [Bool]
  /// Whether each layer turns queries and keys, `[layers]`, where the family has rotary positions.
  package internal(set) var isRotary: [Bool]
  /// How the layers turn queries and keys; nil where the family has no rotary positions.
  package internal(set) var rotary: RotaryPositions?
  /// The same for the local layers, where it differs.
  package internal(set) var localRotary: RotaryPositions? = nil
  /// What stands between the two products of a feed-forward layer.
  package internal(set) var activation: Activation
  /// Which of a block's products have a bias.
  var biases: Set<BlockPart> = []
  /// Whether the output head is the embedding table, as far as the file's description goes.
  var isTied = false
  /// What a user of the model should know about its description: what of it is not used.
  package internal(set) var warnings: [String] = []
  /// What of queries and keys is normalized.
  var headNorms = HeadNorms.none
  /// Whether what a layer adds is normalized.
  var normalizesOutputs = false
  /// Whether queries and keys are normalized at all.
  var normalizesHeads: Bool { headNorms != .none }

  /// Width of the feed-forward layer's inner rows, gate included.
  var innerWidth: Int { activation.inputsPerOutput * feedForwardWidth }

  /// For each row of some heads' queries or keys, as the engine has them, which row of a Hugging Face file it is; nil
  /// where they stand alike.
  func rotaryRows(heads: Int) -> [Int]? {
    rotary.map { RotaryPairs.halves.rows(heads: heads, headSize: attention.headSize, turned: $0.size) }
  }

  /// Base of the rotary position embedding; nil where there is none.
  package var ropeBase: Double? { rotary?.base }
}
