/// A transformation of requests, meant to get answered what would be refused. What a method is worth shows under these.
///
/// A new attack is a value like the ones beside it, added to ``allCases``. Texts are this project's own, written after
/// the published descriptions.
package struct Attack: Sendable {
  /// What an attack does, and what it reads for it.
  package enum Kind: Sendable {
    /// It rewrites the request by itself.
    case rewriting(@Sendable (String) -> String)
    /// A file has a text for each request, by its identifier: a translation, a paraphrase.
    case translation
    /// A file has the text that somebody's attack found for each request.
    case published
    /// A file has dialogues, so many of which stand before the request.
    case dialogues
  }

  /// The name in manifests.
  package let name: String
  /// What it does, in one line.
  package let title: String
  /// Where it was published.
  package let source: String
  /// What it does and reads.
  package let kind: Kind
  /// Raised when it writes another text: it is part of the hash of the answers, where it is above 1.
  package let version: Int

  init(_ name: String, _ title: String, source: String, version: Int = 1, _ kind: Kind) {
    self.name = name
    self.title = title
    self.source = source
    self.version = version
    self.kind = kind
  }

  /// Whether it rewrites a request without a file.
  package var isRewriting: Bool { if case .rewriting = kind { true } else { false } }

  /// Where several of the attacks come from.
  static let wei = "Wei, Haghtalab and Steinhardt, arXiv 2307.02483"
}

extension Attack: NamedValue {
  /// All attacks, in the order of listings.
  package static let allCases: [Attack] = [
    prefixInjection, refusalSuppression, rolePlay, style, pastTense, base64, rot13, leetspeak, translation, manyShot,
    published,
  ]
}
