import Compute

/// How the logits of a method's streams become the logits that a token is chosen from.
public enum CombinationRule: Sendable, Equatable {
  /// The first stream plus factors times the others: `[]` for one stream, `[−α]` for ACD (Equation 5).
  case linear([Float])

  /// The contrast of Equation 5, `logit_S − α · logit_A`.
  public static func contrast(alpha: Double) -> CombinationRule { .linear([Float(-alpha)]) }

  /// How many streams the rule combines.
  public var streams: Int {
    switch self {
    case .linear(let factors): factors.count + 1
    }
  }

  /// Puts the combined logits of each sequence in the row of its first stream.
  /// - Parameter logits: `[streams · sequences, vocabulary]`, all sequences of the first stream, then all of the second.
  func combine(_ logits: inout Matrix, sequences: Int, on context: ComputeContext) {
    switch self {
    case .linear(let factors):
      for (stream, factor) in factors.enumerated() where factor != 0 {
        context.addScaledRows(
          (0..<sequences).map { ((stream + 1) * sequences + $0, $0, factor) }, in: &logits)
      }
    }
  }
}
