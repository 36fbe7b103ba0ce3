import Compute
import ModelFiles
import TestSupport

/// `tiny-llama.json`.
struct TinyFixture: Decodable {
  let ids: [Int]
}

/// `logits.json`.
struct LogitsFixture: Decodable {
  struct Prompt: Decodable {
    let name: String
    let ids: [Int]
    /// The likeliest tokens, the likeliest first.
    let topIDs: [Int]
  }

  let lastStride: Int
  let allPositionsStride: Int
  let allPositionsPrompt: String
  let prompts: [Prompt]
}

/// `greedy.json`.
struct GreedyFixture: Decodable {
  struct Sequence: Decodable {
    let ids: [Int]
    let generatedIDs: [Int]
  }

  let sequences: [Sequence]
}

extension SafetensorsTensor {
  /// The tensor's row `index`, where its first dimension counts rows.
  func row(_ index: Int) -> ArraySlice<Float> {
    let width = values.count / (shape.first ?? 1)
    return values[index * width..<(index + 1) * width]
  }
}
