import CSHA256
import Testing

@testable import Fingerprints

struct SHA256Tests {
  /// FIPS 180-2, appendix B.3.
  @Test func aMillionLetters() {
    var hash = SHA256()
    hash.update([UInt8](repeating: 0x61, count: 1_000_000))
    #expect(hexadecimal(hash.digest()) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Every length up to 300 bytes, in pieces of every size up to 70: the hash of their hashes is that of Python's
  /// hashlib (`bytes((i * 7 + n) & 255 for i in range(n))` for `n` up to 300).
  @Test(arguments: 1...70) func everyLengthInEveryPiece(size: Int) {
    var total = SHA256()
    for count in 0...300 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + count) }
      var hash = SHA256()
      for start in stride(from: 0, to: count, by: size) { hash.update(bytes[start..<min(start + size, count)]) }
      total.update(hash.digest())
    }
    #expect(hexadecimal(total.digest()) == "60d63ff40b5558727a9b786ac0be9300f7ca58fd9ddd3b2f3681b369018a87dc")
  }

  /// The processor's instructions give what the definition gives; a processor without them is told aloud.
  @Test func theProcessorsInstructionsGiveTheSame() {
    let blocks = (0..<64 * 9).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0) }
    var native = (0..<8).map { UInt32($0) &* 0x9e37_79b9 }, portable = native
    antipode_sha256_blocks_portable(&portable, blocks, 9)
    guard antipode_sha256_blocks_native(&native, blocks, 9) else {
      return print("not tried: this processor has no instructions for SHA-256")
    }
    #expect(native == portable)
  }

  private func hexadecimal(_ digest: [UInt8]) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
