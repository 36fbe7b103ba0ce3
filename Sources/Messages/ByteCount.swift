import Foundation

/// A number of bytes as a person would say it, such as `1.5 MB`.
package struct ByteCount: CustomStringConvertible {
  private let bytes: Int

  /// So many bytes.
  package init(_ bytes: Int) { self.bytes = bytes }

  /// The number with its unit.
  package var description: String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes), unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(bytes) B" : String(format: "%.1f %@", value, units[unit])
  }
}
