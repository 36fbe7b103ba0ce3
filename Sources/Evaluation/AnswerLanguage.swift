/// Whether an answer is in a language whose refusals ``RefusalJudge`` does not know, that is, not in English.
///
/// An answer counts as foreign when most of its letters are not Latin, or when of its words, eight or more, at least
/// 15 % are among the commonest of other languages and fewer are among those of English. It is a warning's ground, not
/// a verdict: code, lists and names are told as English.
package enum AnswerLanguage {
  private static let fewestWords = 8
  private static let foreignShare = 0.15

  /// Whether a text is not in English.
  package static func isForeign(_ text: String) -> Bool {
    let letters = text.unicodeScalars.filter(\.properties.isAlphabetic)
    guard !letters.isEmpty else { return false }
    if 2 * letters.count(where: isLatin) < letters.count { return true }
    let words = AnswerWords(text).words.map { $0.written.lowercased() }
    guard words.count >= fewestWords else { return false }
    let foreign = words.count(where: foreignWords.contains)
    return Double(foreign) >= foreignShare * Double(words.count) && foreign > words.count(where: englishWords.contains)
  }

  private static func isLatin(_ letter: Unicode.Scalar) -> Bool {
    letter.value < 0x250 || (0x1E00..<0x1F00).contains(letter.value)
  }

  private static let englishWords: Set<String> = [
    "the", "of", "and", "to", "a", "is", "that", "it", "for", "you", "with", "this", "are", "not", "your", "have", "be",
    "can", "or", "will", "from", "i", "they", "it's", "by", "as", "at", "an", "which",
  ]

  /// Of German, French, Spanish, Portuguese, Italian, Dutch, Polish, Turkish, Indonesian, Swedish, Vietnamese,
  /// Romanian, Czech, Hungarian and Finnish; none that is a common English word.
  private static let foreignWords: Set<String> = [
    "der", "und", "ist", "das", "nicht", "ich", "zu", "ein", "eine", "mit", "für", "auf", "sie", "es", "den", "dem",
    "dass", "werden", "sich", "auch", "kann", "wie",
    "le", "la", "les", "des", "et", "est", "une", "un", "que", "pour", "dans", "pas", "vous", "je", "ne", "sur", "du",
    "el", "los", "las", "de", "en", "y", "una", "por", "para", "con", "su", "lo", "se", "del", "al", "puedo",
    "não", "uma", "um", "os", "em", "da", "é", "com", "você", "eu", "ou", "como", "mais",
    "il", "di", "che", "non", "per", "è", "sono", "della", "gli", "si", "questo",
    "het", "een", "van", "niet", "ik", "dat", "op", "te", "voor", "zijn", "je",
    "nie", "się", "na", "jest", "że", "w", "z", "jak", "ale",
    "bir", "ve", "bu", "için", "değil", "ile", "çok",
    "yang", "dan", "tidak", "untuk", "dengan", "ini", "itu", "saya", "adalah", "dari",
    "och", "att", "det", "som", "är", "inte", "jag", "på", "av", "till",
    "không", "và", "của", "là", "có", "tôi", "cho", "những", "này",
    "nu", "și", "este", "pentru", "cu", "să",
    "že", "je", "jsem", "pro", "není", "az", "és", "nem", "hogy", "egy", "ja", "ei", "että", "se", "olen", "minä",
  ]
}
