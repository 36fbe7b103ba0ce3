import Fingerprints
import JSON
import Records
import Stages

/// The answers to label, as the labelling page reads them: in their order, without what made them.
struct Labelling: Encodable {
  /// An answer.
  struct Row: Encodable {
    var set: String
    var id: String
    /// The hash of its text.
    var answer: Fingerprint
    var request: String
    /// What is shown; nil where it is covered until it is asked for.
    var text: String?
    /// The label that it has.
    var label: AnswerLabel.Label?
  }

  let experiment: Fingerprint
  let name: String
  /// The sets that were answered.
  let sets: [String]
  /// The file of the labels.
  let file: String
  let answers: [Row]

  init(_ answers: [BlindAnswers.Answer], of record: ExperimentRecord, in file: LabelFile) {
    let known = Dictionary(file.labels.map { ($0.key, $0.label) }) { first, _ in first }
    experiment = record.fingerprint
    name = record.name
    sets = record.cells.flatMap { $0.metrics?.sets ?? [] }.map(\.set).reduce(into: []) { names, set in
      if !names.contains(set) { names.append(set) }
    }
    self.file = file.path
    self.answers = answers.map { answer in
      Row(
        set: answer.key.set, id: answer.key.id, answer: answer.key.answer, request: answer.instruction,
        text: answer.isWithheld ? nil : answer.text, label: known[answer.key])
    }
  }

  var json: String { get throws { try JSONValue(encoding: self).canonical } }
}
