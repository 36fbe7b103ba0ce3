/// A decoding method with what its rule and its streams read; what they do not read is nil.
package struct MethodParameters: Sendable, Hashable, Codable {
  package let method: DecodingMethod
  /// The strength α of its rule.
  package var alpha: Double?
  /// Tokens less likely than this share of the first stream's likeliest are barred; nil for no mask.
  package var plausibility: Double?
  /// For how many tokens the streams are combined; nil for all.
  package var contrastSteps: Int?
  /// The temperature τ of the second stream of a contrast; nil for 1.
  package var amateurTemperature: Double?
  /// AdaCD's threshold λ of agreement.
  package var agreement: Double?
  /// SafeDecoding's least number c of shared candidates.
  package var candidates: Int?
  /// How many demonstrations of In-Context Defense are shown.
  package var demonstrationCount: Int?
  /// What Self-Reminder says before the instruction.
  package var reminderBefore: String?
  /// What it says after.
  package var reminderAfter: String?

  package init(method: DecodingMethod) { self.method = method }

  /// Whether the first stream alone makes the answer: the others would be computed for nothing.
  package var isFirstStreamAlone: Bool {
    method.rule == .single || (alpha == 0 && plausibility == nil && method.rule.isFirstAloneAtZero)
  }

  /// The streams that are run.
  package var streams: [MethodStream] {
    isFirstStreamAlone ? Array(method.streams.prefix(1)) : method.streams
  }

  /// What a stage that runs the method adds to its version: 1 for rules that honor ``contrastSteps`` and once did not,
  /// and for AdaCD's, which combines logits as its authors do.
  package var version: Int {
    switch method.rule {
    case .sharedCandidates: 0
    case .agreement: 1
    default: contrastSteps == nil ? 0 : 1
    }
  }
}
