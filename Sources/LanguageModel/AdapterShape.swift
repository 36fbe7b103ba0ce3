/// A matrix of a block that a low-rank adapter can change, by its name in transformers.
package enum AdapterTarget: String, Sendable, Codable, CaseIterable {
  /// Queries.
  case query = "q_proj"
  /// Keys.
  case key = "k_proj"
  /// Values.
  case value = "v_proj"
  /// What attention gives.
  case attentionOutput = "o_proj"
  /// The feed-forward layer's gate.
  case gate = "gate_proj"
  /// The feed-forward layer's other inner rows.
  case up = "up_proj"
  /// What the feed-forward layer gives.
  case down = "down_proj"

  /// The name with that of the layer's part before it, such as `self_attn.q_proj`.
  package var module: String {
    switch self {
    case .query, .key, .value, .attentionOutput: "self_attn.\(rawValue)"
    case .gate, .up, .down: "mlp.\(rawValue)"
    }
  }

  /// The same matrix among a block's parts.
  var part: BlockPart {
    switch self {
    case .query: .query
    case .key: .key
    case .value: .value
    case .attentionOutput: .attentionOutput
    case .gate: .gate
    case .up: .up
    case .down: .down
    }
  }
}

/// What a low-rank adapter is made of.
package struct AdapterShape: Sendable, Hashable, Codable {
  /// r, the rank of what is added to each matrix.
  package let rank: Int
  /// α, of which the scale is made.
  package let alpha: Double
  /// The matrices that are changed, in all layers; each once, in the order of `AdapterTarget.allCases`.
  package let targets: [AdapterTarget]
  /// Whether the scale is α / √r (Kalajdzievski, arXiv 2312.03732) instead of α / r.
  package let isRankStabilized: Bool

  /// Settings of an adapter.
  /// - Parameter targets: In any order.
  /// - Throws: ``LanguageModelError/unfitAdapter(place:found:expected:)`` for a rank below 1, an α that is not a finite
  ///   number, or no targets.
  package init(
    rank: Int, alpha: Double, targets: some Collection<AdapterTarget>, isRankStabilized: Bool = false
  ) throws(LanguageModelError) {
    guard rank > 0 else { throw .unfitAdapter(place: "rank", found: "\(rank)", expected: "1 or more") }
    guard alpha.isFinite else { throw .unfitAdapter(place: "alpha", found: "\(alpha)", expected: "a finite number") }
    guard !targets.isEmpty else {
      throw .unfitAdapter(place: "targets", found: "none", expected: "one matrix of a block or more")
    }
    self.rank = rank
    self.alpha = alpha
    self.targets = AdapterTarget.allCases.filter(targets.contains)
    self.isRankStabilized = isRankStabilized
  }

  /// What the products of A and B are multiplied with.
  package var scale: Float { Float(alpha / (isRankStabilized ? Double(rank).squareRoot() : Double(rank))) }
}

extension ModelFamily {
  /// The matrices that adapters of this family change. Where a family fuses products, PEFT's adapters change the fused
  /// matrix, and are of another kind.
  var adapterTargets: [AdapterTarget] {
    AdapterTarget.allCases.filter { target in
      guard huggingFace.parts[target.part] == target.module else { return false }
      switch target {
      case .query, .key, .value: return queryKeyValue == .separate
      case .gate, .up: return !isGateUpFused && !hasExperts
      case .down: return !hasExperts
      case .attentionOutput: return true
      }
    }
  }
}
