import Compute
import ModelFiles

/// The Llama family's names in a GGUF file: pre-norm blocks of grouped-query attention with rotary positions and a gated
/// SiLU feed-forward layer, root-mean-square norms, no biases.
///
/// Source: Touvron et al., LLaMA (arXiv 2302.13971). GGUF files hold the query and key rows in the order in which rotary
/// pairs are neighbors.
enum Llama {
  static let architecture = "llama"

  /// The weights of block `index`.
  static func block(_ index: Int, of configuration: ModelConfiguration, from reader: WeightReader) throws -> Block {
    let name = "blk.\(index)", width = configuration.width, shape = configuration.attention
    return Block(
      attentionNorm: try reader.vector("\(name).attn_norm.weight", count: width),
      queryKeyValue: [
        try reader.matrix("\(name).attn_q.weight", outputs: shape.queryWidth, inputs: width),
        try reader.matrix("\(name).attn_k.weight", outputs: shape.keyValueWidth, inputs: width),
        try reader.matrix("\(name).attn_v.weight", outputs: shape.keyValueWidth, inputs: width),
      ],
      attentionOutput: try reader.matrix("\(name).attn_output.weight", outputs: width, inputs: shape.queryWidth),
      feedForwardNorm: try reader.vector("\(name).ffn_norm.weight", count: width),
      gateUp: [
        try reader.matrix("\(name).ffn_gate.weight", outputs: configuration.feedForwardWidth, inputs: width),
        try reader.matrix("\(name).ffn_up.weight", outputs: configuration.feedForwardWidth, inputs: width),
      ],
      down: try reader.matrix("\(name).ffn_down.weight", outputs: width, inputs: configuration.feedForwardWidth))
  }
}
