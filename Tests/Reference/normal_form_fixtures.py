"""Makes the table of Unicode's canonical mappings, and the fixture that its normal forms are held to.

    python normal_form_fixtures.py

Needs: unicodedata2, Unicode's data apart from Python's own (version used: see requirements.txt). Writes:

- Sources/Tokenization/CanonicalMappings.swift  canonical decompositions and combining classes, as text.
- Tests/TokenizationTests/Fixtures/normal-forms.txt  a line for each 4096 code points: 64-bit FNV-1a hashes of the UTF-8
  of their normal forms C and D, each code point alone, with U+0301, and with U+0F73 U+0301; then of every pair that
  composes, of Hangul, and of sequences of marks (all enumerated again in NormalFormTests).

Running it again gives the same bytes.
"""

import textwrap
from pathlib import Path

import unicodedata2 as unicode

ROOT = Path(__file__).resolve().parent.parent.parent
SCALARS = [value for value in range(0x110000) if not 0xD800 <= value < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)


def mapping(value):
    """The canonical decomposition by one step."""
    text = unicode.decomposition(chr(value))
    if not text or text.startswith("<") or value in HANGUL:
        return []
    return [int(part, 16) for part in text.split()]


def composes(value):
    return unicode.normalize("NFC", "".join(map(chr, mapping(value)))) == chr(value)


def decompositions():
    """FIRST=MAPPING,MAPPING…: the mappings of FIRST and of the code points behind it; `!` where it doesn't compose."""
    runs, previous = [], None
    for value in SCALARS:
        if not (parts := mapping(value)):
            continue
        text = ".".join(f"{part:X}" for part in parts) + ("" if composes(value) else "!")
        if previous is not None and value == previous + 1:
            runs[-1] += "," + text
        else:
            runs.append(f"{value:X}={text}")
        previous = value
    return " ".join(runs)


def classes():
    """FIRST-LAST=CLASS: the runs of code points with a combining class other than 0."""
    runs = []
    for value in SCALARS:
        if not (number := unicode.combining(chr(value))):
            continue
        if runs and runs[-1][1] == value - 1 and runs[-1][2] == number:
            runs[-1][1] = value
        else:
            runs.append([value, value, number])
    return " ".join(f"{first:X}-{last:X}={number}" for first, last, number in runs)


def literal(name, comment, text):
    # The lines are joined again where a space may stand, so that each is a whole number of entries.
    lines = textwrap.wrap(text.replace(",", ", "), 114, break_long_words=False, break_on_hyphens=False)
    body = "\n".join("    " + line for line in lines)
    return f'  /// {comment}\n  static let {name} = """\n{body}\n    """\n'


def fnv(hash, text):
    for byte in text.encode():
        hash = (hash ^ byte) * 0x100000001B3 & 0xFFFF_FFFF_FFFF_FFFF
    return hash


def hashes(texts):
    composed = decomposed = 0xCBF29CE484222325
    for text in texts:
        composed = fnv(composed, unicode.normalize("NFC", text))
        decomposed = fnv(decomposed, unicode.normalize("NFD", text))
    return f"{composed:016x} {decomposed:016x}\n"


def main():
    source = (
        f"/// Unicode's canonical mappings and combining classes, version {unicode.unidata_version}.\n"
        "///\n"
        "/// Made by `Tests/Reference/normal_form_fixtures.py`. A table of our own, because ids must not depend on the\n"
        "/// platform, and because no public interface of it gives these for all of Unicode.\n"
        "enum CanonicalMappings {\n"
    )
    source += literal("decompositions", "`FIRST=MAPPING, MAPPING…`; `!` marks those that nothing composes to.", decompositions())
    source += "\n" + literal("combiningClasses", "`FIRST-LAST=CLASS`.", classes()) + "}\n"
    (ROOT / "Sources/Tokenization/CanonicalMappings.swift").write_text(source)

    lines = ""
    for block in range(0, 0x110000, 0x1000):
        values = [value for value in range(block, block + 0x1000) if not 0xD800 <= value < 0xE000]
        if values:
            lines += hashes(chr(value) + tail for value in values for tail in ("", "\u0301", "\u0F73\u0301"))
    pairs = [mapping(value) for value in SCALARS if len(mapping(value)) == 2]
    lines += hashes(chr(a) + chr(b) + tail for a, b in pairs for tail in ("", "\u0301", "\u0327\u0301"))
    lines += hashes(chr(a) + middle + chr(b) for a, b in pairs for middle in ("\u0327", "\u0F73", "a"))
    jamo = [chr(lead) + chr(vowel) for lead in range(0x10FE, 0x1115) for vowel in range(0x115F, 0x1178)]
    lines += hashes(jamo) + hashes(text + chr(tail) for text in jamo for tail in (0x11A7, 0x11A8, 0x11C2, 0x11C3))
    lines += hashes(chr(syllable) + "\u11a8" for syllable in HANGUL)
    marks = [value for value in SCALARS if unicode.combining(chr(value))]
    # A fixed walk: bases of every kind, and five marks behind each.
    lines += hashes(
        chr(base) + "".join(chr(marks[(step * 7919 + place * 104729) % len(marks)]) for place in range(5))
        for step, base in enumerate((0x61, 0x41, 0x1100, 0xAC00, 0x3B1, 0x1D15F, 0x2ADC, 0x0B47) * 500)
    )
    (ROOT / "Tests/TokenizationTests/Fixtures/normal-forms.txt").write_text(lines)


if __name__ == "__main__":
    main()
