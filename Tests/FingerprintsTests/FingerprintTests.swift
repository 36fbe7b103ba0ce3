import Fingerprints
import Foundation
import Testing

@Suite struct FingerprintTests {
  /// FIPS 180-2, appendix B.1, and the empty message.
  @Test func isSHA256() {
    #expect(
      Fingerprint(ofBytes: Data("abc".utf8)).hexadecimal
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Fingerprint(ofBytes: Data()).hexadecimal == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test func piecesGiveTheSameAsTheWhole() {
    var pieces = [Data("a".utf8), Data(), Data("bc".utf8)]
    let fingerprint = Fingerprint(ofPieces: { pieces.isEmpty ? nil : pieces.removeFirst() })
    #expect(fingerprint == Fingerprint(ofBytes: Data("abc".utf8)))
  }

  @Test(arguments: ["", "ab", String(repeating: "g", count: 64), String(repeating: "A", count: 64)])
  func refusesWhatIsNoHash(text: String) {
    #expect(Fingerprint(hexadecimal: text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Fingerprint.self, from: Data("\"\(text)\"".utf8))
    }
  }

  @Test func knowsWhatCanBeABeginning() {
    #expect(Fingerprint.isPrefix("0af"))
    #expect(!Fingerprint.isPrefix(""))
    #expect(!Fingerprint.isPrefix("0AF"))
    #expect(!Fingerprint.isPrefix("../x"))
    #expect(!Fingerprint.isPrefix(String(repeating: "a", count: 65)))
  }
}
