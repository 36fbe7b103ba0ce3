import Foundation

/// Numbers as reports print them: the same characters on every machine and in every locale.
enum NumberText {
  /// A number with a fixed count of decimals, never `-0.00`; `–` where there is no finite number.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return "–" }
    let text = String(format: "%.\(max(0, decimals))f", value)
    return text.hasPrefix("-") && Double(text) == 0 ? String(text.dropFirst()) : text
  }

  /// A number of any size: with a fixed count of decimals, or from a million on in powers of ten, such as `1.2e+08`.
  static func measured(_ value: Double, decimals: Int) -> String {
    abs(value) < 1e6 ? fixed(value, decimals: decimals) : String(format: "%.1e", value)
  }

  /// A number in the fewest characters that keep `digits` significant digits, without trailing zeros.
  static func short(_ value: Double, digits: Int = 4) -> String {
    value.isFinite ? String(format: "%.\(max(1, digits))g", value) : "–"
  }

  /// A share and its interval, as `0.88 [0.78, 0.94]`.
  static func interval(_ estimate: Double, low: Double, high: Double) -> String {
    "\(fixed(estimate, decimals: 2)) [\(fixed(low, decimals: 2)), \(fixed(high, decimals: 2))]"
  }

  /// A duration, as `7.2 s` or `3 min 20 s`.
  static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 60, seconds < 1e9 else { return "\(fixed(seconds, decimals: 1)) s" }
    let whole = Int(seconds.rounded())
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
