/// Which of the two opposite prompts.
package enum PromptRole: String, Sendable, Hashable, Codable, CaseIterable {
  /// SP, tuned by Equation 3.
  case safeguarding
  /// AP, tuned by Equation 4.
  case adversarial
}
