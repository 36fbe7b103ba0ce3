extension DecodingMethod {
  /// One stream whose text defends.
  static let promptDefenses = [inContextDefense, selfReminder, selfReminderPrefix, selfReminderSuffix, goalPriority]

  private static let xie = "Self-Reminder: Xie et al., Nature Machine Intelligence 5 (2023)"

  static let inContextDefense = DecodingMethod(
    "in-context-defense", "refusals shown before the instruction (ICD)",
    source: "In-Context Defense: Wei et al., arXiv 2310.06387", streams: [MethodStream(.demonstrations)])
  static let selfReminder = DecodingMethod(
    "self-reminder", "the instruction between two reminders", source: xie,
    streams: [MethodStream(.reminder(before: true, after: true))])
  static let selfReminderPrefix = DecodingMethod(
    "self-reminder-prefix", "a reminder before the instruction only", source: xie,
    streams: [MethodStream(.reminder(before: true, after: false))])
  static let selfReminderSuffix = DecodingMethod(
    "self-reminder-suffix", "a reminder after the instruction only", source: xie,
    streams: [MethodStream(.reminder(before: false, after: true))])
}
