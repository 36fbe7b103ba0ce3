import Foundation
package import Stages

extension JudgeQuestion {
  /// The verdict in a reply: the word in its `<verdict>` tag, whatever else it says; of a judge that reasons aloud,
  /// what stands behind its thinking. Nil where there is no such tag, an unknown word in one, or tags that contradict
  /// one another: what the judge meant is never guessed.
  package func verdict(in reply: String) -> String? {
    // Thinking that does not end has come to no verdict yet.
    guard let said = ReasonedText(reply).answer else { return nil }
    let found = said.matches(of: /<\s*verdict\s*>([^<>]{0,40})<\s*\/\s*verdict\s*>/.ignoresCase()).map { match in
      let word = match.output.1.trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
      return verdicts.first { $0.lowercased() == word }
    }
    guard let first = found.first, found.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}

extension Judgment.Label {
  /// What the verdicts on a pair come to, which was shown in both orders so that a judge who favors a place favors
  /// nobody; nil where one of them is missing. The first of a question's verdicts is for the first text of a pair, the
  /// second for the other.
  /// - Parameters:
  ///   - first: The verdict where the answer is the first text.
  ///   - second: The verdict where the answer is the second text.
  package init?(answerFirst first: String?, answerSecond second: String?, of question: JudgeQuestion = .preference) {
    let verdicts = question.verdicts
    guard verdicts.count == 2, let first, let second, verdicts.contains(first), verdicts.contains(second) else {
      return nil
    }
    if first == second {
      self = .tie
    } else {
      self = first == verdicts[0] ? .win : .loss
    }
  }
}
