extension DecodingMethod {
  /// One stream under one prompt; Figure 4 of the paper compares them.
  static let singlePrompts = [base, safe, opposite, sp, ap]

  /// The model as its users get it, without a system message.
  package static let base = DecodingMethod(
    "base", "no system message", source: paper, streams: [MethodStream(.absent)])
  /// The safe system prompt as text.
  package static let safe = DecodingMethod(
    "safe", "the manual safe prompt", source: paper, streams: [MethodStream(.manual(.safe))])
  /// The opposite system prompt as text.
  package static let opposite = DecodingMethod(
    "opposite", "the manual opposite prompt", source: paper, streams: [MethodStream(.manual(.opposite))],
    weakensSafety: true)
  /// The tuned safeguarding prompt alone.
  package static let sp = DecodingMethod(
    "sp", "the Safeguarding Prompt", source: paper, streams: [MethodStream(.tuned(.safeguarding))])
  /// The tuned adversarial prompt alone.
  package static let ap = DecodingMethod(
    "ap", "the Adversarial Prompt", source: paper, streams: [MethodStream(.tuned(.adversarial))],
    weakensSafety: true)

  static let paper = "Zhang et al., arXiv 2406.16743"
}
