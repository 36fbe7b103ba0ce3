/// What counts, lengths and seeds may be.
enum ManifestLimits {
  /// Counts of things of which there must be one.
  static let counts = 1...1_000_000
  /// Counts of things of which there may be none.
  static let countsOrZero = 0...1_000_000
  /// Rows of a soft prompt.
  static let lengths = 1...100_000
  /// Seeds: the whole numbers that JSON keeps exactly.
  static let seeds = 0...9_007_199_254_740_992
  /// Cells of one experiment.
  static let cells = 10_000
}

/// What a number of a manifest may be.
enum ManifestRange: String, Sendable {
  case positive = "a number above 0"
  case notNegative = "a number of at least 0"
  case shareAboveZero = "a number above 0 and at most 1"
  case shareBelowOne = "a number of at least 0 and below 1"

  func contains(_ number: Double) -> Bool {
    guard number.isFinite else { return false }
    return switch self {
    case .positive: number > 0
    case .notNegative: number >= 0
    case .shareAboveZero: number > 0 && number <= 1
    case .shareBelowOne: number >= 0 && number < 1
    }
  }
}
