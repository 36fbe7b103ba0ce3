import Foundation
import Testing

@testable import Tokenization

/// Unicode's normal forms over all of Unicode, against the hashes of `Tests/Reference/normal_form_fixtures.py`.
struct NormalFormTests {
  /// 64-bit FNV-1a over many texts' UTF-8.
  private struct Hash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
    mutating func add(_ bytes: ArraySlice<UInt8>) {
      for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    var hexadecimal: String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
  }

  private static func text(_ values: [UInt32]) -> String {
    var text = ""
    text.unicodeScalars.append(contentsOf: values.compactMap { Unicode.Scalar($0) })
    return text
  }

  private static func line(_ texts: some Sequence<[UInt32]>) -> String {
    var composed = Hash(), decomposed = Hash()
    for values in texts {
      let bytes = Array(text(values).utf8)[...]
      composed.add(NormalForm.composed(bytes))
      decomposed.add(NormalForm.decomposed(bytes))
    }
    return "\(composed.hexadecimal) \(decomposed.hexadecimal)"
  }

  private static func scalars(_ range: Range<UInt32>) -> [UInt32] { range.filter { Unicode.Scalar($0) != nil } }

  /// The two-part mappings of the table, by its own text.
  private static var pairs: [[UInt32]] {
    CanonicalMappings.decompositions.split(whereSeparator: { $0.isWhitespace || $0 == "," }).map { entry in
      (entry.split(separator: "=").last ?? "").split(whereSeparator: { $0 == "." || $0 == "!" })
        .compactMap { UInt32($0, radix: 16) }
    }.filter { $0.count == 2 }
  }

  private static var marks: [UInt32] {
    CanonicalMappings.combiningClasses.split(whereSeparator: \.isWhitespace).flatMap { run -> [UInt32] in
      let ends = run.split(separator: "=")[0].split(separator: "-").compactMap { UInt32($0, radix: 16) }
      return Array(ends[0]...ends[1])
    }
  }

  @Test func everyCodePointAloneAndWithMarks() throws {
    let expected = try ReferenceFixtures.lines("normal-forms.txt")
    let blocks = stride(from: UInt32(0), to: 0x110000, by: 0x1000).map { Self.scalars($0..<$0 + 0x1000) }
      .filter { !$0.isEmpty }
    #expect(expected.count == blocks.count + 6)
    let tails: [[UInt32]] = [[], [0x301], [0xF73, 0x301]]
    for (block, line) in zip(blocks, expected) {
      let texts = block.lazy.flatMap { value in tails.map { [value] + $0 } }
      #expect(Self.line(texts) == line, "U+\(String(block[0], radix: 16))")
    }
  }

  @Test func pairsHangulAndRunsOfMarks() throws {
    let expected = try ReferenceFixtures.lines("normal-forms.txt").suffix(6)
    let pairs = Self.pairs, marks = Self.marks
    let ends: [[UInt32]] = [[], [0x301], [0x327, 0x301]], middles: [UInt32] = [0x327, 0xF73, 0x61]
    let jamo = (UInt32(0x10FE)..<0x1115).flatMap { lead in (UInt32(0x115F)..<0x1178).map { [lead, $0] } }
    let tails: [UInt32] = [0x11A7, 0x11A8, 0x11C2, 0x11C3]
    let bases: [UInt32] = [0x61, 0x41, 0x1100, 0xAC00, 0x3B1, 0x1D15F, 0x2ADC, 0xB47]
    let walk = (0..<4000).map { step in
      [bases[step % 8]] + (0..<5).map { marks[(step * 7919 + $0 * 104_729) % marks.count] }
    }
    let lines = [
      Self.line(pairs.flatMap { pair in ends.map { pair + $0 } }),
      Self.line(pairs.flatMap { pair in middles.map { [pair[0], $0, pair[1]] } }),
      Self.line(jamo),
      Self.line(jamo.flatMap { pair in tails.map { pair + [$0] } }),
      Self.line((UInt32(0xAC00)..<0xD7A4).map { [$0, 0x11A8] }),
      Self.line(walk),
    ]
    #expect(lines == Array(expected))
  }

  @Test func astralCharactersStayWhole() {
    func composed(_ text: String) -> String {
      String(decoding: NormalForm.composed(Array(text.utf8)[...]), as: UTF8.self)
    }
    for character in ["\u{10041}", "\u{E0041}", "\u{20041}"] {
      #expect(Array(composed(character + "\u{301}").utf8) == Array((character + "\u{301}").utf8))
    }
    #expect(Array(composed("a\u{F73}\u{301}").utf8) == Array("\u{E1}\u{F71}\u{F72}".utf8))
  }
}
