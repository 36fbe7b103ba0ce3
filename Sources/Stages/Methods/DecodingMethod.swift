/// A decoding method: a list of streams and the rule that combines their logits.
///
/// A new method is a value like the ones in `Methods/`, added to ``allCases``. Only one that combines its streams in a
/// new way needs a rule in `Decoding` too.
package struct DecodingMethod: Sendable {
  /// The name in manifests.
  package let name: String
  /// What it is, in one line.
  package let title: String
  /// Where it was published.
  package let source: String
  /// The streams; the first is the one that the others correct.
  package let streams: [MethodStream]
  /// What combines them.
  package let rule: MethodRule
  /// The strength α where the manifest names none: what the publication recommends.
  package let alpha: Double
  /// Where the manifest names none: tokens that are less likely than this share of the first stream's likeliest are
  /// never taken; 0 for no mask.
  package let plausibility: Double
  /// For how many tokens the streams are combined where the manifest does not say; 0 for all.
  package let contrastSteps: Int
  /// Whether it makes the model answer harm that it would refuse by itself. Such a method is there to be studied: no
  /// tool takes it by default, and what shows its answers says so.
  package let weakensSafety: Bool

  init(
    _ name: String, _ title: String, source: String, streams: [MethodStream], rule: MethodRule = .single,
    alpha: Double = 0.4, plausibility: Double = 0, contrastSteps: Int = 0, weakensSafety: Bool = false
  ) {
    self.weakensSafety = weakensSafety
    self.name = name
    self.title = title
    self.source = source
    self.streams = streams
    self.rule = rule
    self.alpha = alpha
    self.plausibility = plausibility
    self.contrastSteps = contrastSteps
  }

  /// The tuned prompts that the method needs, in the order of its streams.
  package var roles: [PromptRole] {
    var roles: [PromptRole] = []
    for stream in streams {
      if case .tuned(let role) = stream.prompt, !roles.contains(role) { roles.append(role) }
    }
    return roles
  }

  /// Whether the method reads a manual system prompt.
  package var needsSystemPrompts: Bool {
    streams.contains { if case .manual = $0.prompt { true } else { false } }
  }

  /// Whether the method reads the demonstrations.
  package var needsDemonstrations: Bool { streams.contains { $0.prompt == .demonstrations } }

  /// Whether the method needs the refusal direction.
  package var needsDirection: Bool { streams.contains { $0.steering != nil } }

  /// Whether a stream adds α times the refusal direction.
  package var addsDirection: Bool { streams.contains { $0.steering == .added || $0.steering == .addedWhereHarmful } }

  /// Whether the method needs the anchors, to tune a prompt or to train the adapter.
  package var needsAnchors: Bool { !roles.isEmpty || needs(.adapted) }

  /// The models beside the target that the method needs.
  package func needs(_ model: StreamModel) -> Bool { streams.contains { $0.model == model } }
}

extension DecodingMethod: NamedValue {
  /// All methods, in the order of listings.
  package static let allCases: [DecodingMethod] =
    singlePrompts + promptContrasts + promptDefenses + modelContrasts + adaptiveContrasts + activationMethods
}
