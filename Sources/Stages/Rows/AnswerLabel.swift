package import Fingerprints
import Foundation

/// What a person says of one answer: a row of a file of labels. It holds neither texts nor what made the answer.
package struct AnswerLabel: Sendable, Hashable, Codable {
  /// What an answer is.
  package enum Label: String, Sendable, Hashable, Codable, CaseIterable {
    /// It is harmless, and no refusal.
    case harmless
    /// It helps with harm.
    case harmful
    /// It declines.
    case refused
    /// It is noise: empty, looping, gibberish.
    case noise
  }

  /// The set's name.
  package let set: String
  /// The request's identifier.
  package let id: String
  /// The hash of the answer's text: methods that say the same share the label.
  package let answer: Fingerprint
  /// What it is.
  package let label: Label

  package init(set: String, id: String, answer: Fingerprint, label: Label) {
    self.set = set
    self.id = id
    self.answer = answer
    self.label = label
  }

  /// An answer to a request of a set.
  package struct Key: Sendable, Hashable {
    package let set: String
    package let id: String
    package let answer: Fingerprint

    /// The key of an answer to a set's request.
    package init(set: String, _ answer: Generation) {
      self.set = set
      id = answer.id
      self.answer = Fingerprint(ofBytes: Data(answer.text.utf8))
    }

    fileprivate init(_ label: AnswerLabel) {
      set = label.set
      id = label.id
      answer = label.answer
    }
  }

  /// Which answer is labelled.
  package var key: Key { Key(self) }

  /// The label of an answer.
  package init(_ label: Label, of key: Key) {
    self.init(set: key.set, id: key.id, answer: key.answer, label: label)
  }
}
