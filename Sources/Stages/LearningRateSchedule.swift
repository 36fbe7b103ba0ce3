/// How the learning rate goes on after the warm-up.
package enum LearningRateSchedule: String, Sendable, Hashable, Codable, CaseIterable {
  /// It stays.
  case constant
  /// It falls towards 0 at the end as half a cosine.
  case cosine
  /// It falls towards 0 at the end as a straight line.
  case linear
}
