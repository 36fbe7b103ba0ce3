import Compute

/// Holds a configuration's values to what a model can have, and names the file and the key where one isn't.
struct ConfigurationCheck {
  let path: String

  func dimension(_ value: Int, _ key: String, at most: Int) throws(LanguageModelError) -> Int {
    guard 1...most ~= value else { throw impossible(key, "\(value)", "a number from 1 to \(most)") }
    return value
  }

  func positive(_ value: Double, _ key: String) throws(LanguageModelError) -> Double {
    guard value.isFinite, value > 0, value < 1e30 else { throw impossible(key, "\(value)", "a positive number") }
    return value
  }

  func epsilon(_ value: Double, _ key: String) throws(LanguageModelError) -> Float {
    guard value.isFinite, value >= 0, value < 1 else { throw impossible(key, "\(value)", "a small positive number") }
    return Float(value)
  }

  func ropeBase(_ value: Double, _ key: String) throws(LanguageModelError) -> Double {
    guard value.isFinite, value > 1 else { throw impossible(key, "\(value)", "a number above 1") }
    return value
  }

  func rotarySize(
    _ size: Int, of shape: AttentionShape, _ key: String
  ) throws(LanguageModelError) -> Int {
    guard size > 0, size % 2 == 0, size <= shape.headSize else {
      throw impossible(key, "\(size)", "an even number up to the head size \(shape.headSize)")
    }
    return size
  }

  /// The heads; without a stated size they share the width.
  func shape(
    heads: Int, keyValueHeads: Int, headSize: Int?, width: Int, key: String
  ) throws(LanguageModelError) -> AttentionShape {
    let size = headSize ?? width / heads
    guard headSize != nil || width % heads == 0,
      let shape = AttentionShape(queryHeads: heads, keyValueHeads: keyValueHeads, headSize: size)
    else {
      throw impossible(
        key, "\(heads) heads on \(keyValueHeads) of \(size) for a width of \(width)",
        headSize == nil
          ? "a multiple of the key-value heads that divides the width" : "a multiple of the key-value heads")
    }
    return shape
  }

  /// No row can use more experts than there are.
  func experts(_ shape: ExpertShape, _ key: String) throws(LanguageModelError) -> ExpertShape {
    guard shape.used <= shape.count else {
      throw impossible(key, "\(shape.used) of \(shape.count) experts", "as many as there are, or fewer")
    }
    return shape
  }

  private func impossible(_ key: String, _ found: String, _ expected: String) -> LanguageModelError {
    .impossible(path: path, key: key, found: found, expected: expected)
  }
}
