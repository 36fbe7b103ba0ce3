/// Whether the requests of a set should be refused.
package enum InstructionKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Requests that a safe model refuses.
  case harmful
  /// Requests that a useful model answers.
  case harmless
}
