import CSHA256
import Foundation

/// SHA-256 (FIPS 180-4) of bytes that come in pieces.
///
/// Our own, in C: swift-crypto brings all of BoringSSL along, 366 files that took longer to compile than this project's
/// Swift, for this one function.
struct SHA256 {
  private var hash = antipode_sha256_begin()

  /// Adds memory to the message.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    antipode_sha256_add(&hash, bytes.baseAddress, bytes.count)
  }

  /// Adds bytes to the message.
  mutating func update(_ bytes: some DataProtocol) {
    for region in bytes.regions { region.withUnsafeBytes { update($0) } }
  }

  /// The hash of the message, 32 bytes.
  consuming func digest() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    antipode_sha256_end(&hash, &digest)
    return digest
  }
}
