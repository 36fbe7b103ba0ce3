/// Answers that came from elsewhere, as a manifest names them.
extension EvaluationSettings {
  /// Whether the cell's answers came from elsewhere: then it answers nothing itself, and needs no model.
  package var isGiven: Bool { answers != nil || sets.contains { $0.answers != nil } }

  /// The sets of the cell: where it names files of answers by their sets, those.
  package var evaluated: [EvaluationSet] {
    guard let answers else { return sets }
    return sets.filter { set in answers.contains { $0.set == set.name } }
  }

  /// The file with the answers to a set; nil where the cell's method answers.
  package func answers(to set: EvaluationSet) -> String? {
    answers.map { $0.first { $0.set == set.name }?.file } ?? set.answers
  }

  /// The files of answers.
  var answerFiles: [String] { evaluated.compactMap(answers) }

  /// What a cell of given answers is called: its files' names, without folders and extensions.
  var givenLabel: String { Self.label(of: answerFiles) }

  /// A label of some files: their names, each once.
  static func label(of files: [String]) -> String {
    var names: [String] = []
    for file in files {
      let last = file.split(separator: "/").last.map(String.init) ?? file
      let name = last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
      if !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: ", ")
  }

  /// Refuses answers to sets that there are not, and a cell some of whose sets are answered by itself.
  func checkAnswers(at place: String) throws(ManifestError) {
    if let answers {
      let known = sets.filter { $0.measure == .answers }.map(\.name)
      for name in answers.map(\.set) where !known.contains(name) {
        throw ManifestError.unknownKey(name, at: "\(place).answers.\(name)", known: known)
      }
      return
    }
    guard let given = sets.firstIndex(where: { $0.answers != nil }) else { return }
    for (index, set) in sets.enumerated() where set.answers == nil {
      throw ManifestError(
        at: "\(place).sets[\(index)].answers", found: "nothing",
        expected:
          "a file, as \(place).sets[\(given)] has one: a cell is of answers from elsewhere or of its own; take "
          + "\"\(place).answers\" in a baseline for a row of the former beside rows of the latter")
    }
  }
}
