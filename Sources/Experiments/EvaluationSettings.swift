import JSON
package import Stages

/// What the cells are evaluated on, and by whom.
package struct EvaluationSettings: Sendable, Hashable {
  package var sets = [
    EvaluationSet(name: "held-out harmful", kind: .harmful, file: "Anchors/held-out-harmful.jsonl"),
    EvaluationSet(name: "held-out harmless", kind: .harmless, file: "Anchors/held-out-harmless.jsonl"),
  ]
  package var judge = VerdictsStage.Judge.refusalWording
  /// The file of refusing phrases that are added to the judge's own; nil for none.
  package var wordings: String?
  package var judges: [JudgeSettings] = []
  /// Whether the untouched model scores the answers, so that noise is told from text.
  package var fluency = true
  /// The files with answers that came from elsewhere, by the sets' names, as written; nil where each set says.
  package var answers: [AnswersOfSet]?

  /// A file with the answers to a set.
  package struct AnswersOfSet: Sendable, Hashable {
    /// The set's name.
    package var set: String
    /// The file's path.
    package var file: String
  }

  /// Whether hidden states are probed.
  package var probe = Probe.none

  /// The system prompt under which hidden states are probed.
  package enum Probe: String, Sendable, Hashable, CaseIterable {
    /// Nothing is probed.
    case none
    /// Under a manual system prompt.
    case safe, opposite, null

    /// The prompt; nil where nothing is probed.
    var systemPrompt: SystemPromptKind? { SystemPromptKind(rawValue: rawValue) }
  }
}

extension EvaluationSettings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .list(
      "sets", \.sets, atLeastOne: "evaluation set", fallback: "the two held-out sets, whole",
      example: [["name": "AdvBench", "kind": "harmful", "benchmark": "advbench"]],
      "The evaluation sets, in the order of the tables.", expanding: \.withAttacks
    ) { (set, earlier, place) throws(ManifestError) in
      guard let first = earlier.firstIndex(where: { $0.name == set.name }) else { return }
      throw ManifestError(
        at: "\(place.element).name", found: JSONValue.string(set.name).summary,
        expected: "a name of its own (\(place.list)[\(first)] has this one)")
    },
    .choice(
      "judge", \.judge, example: "refusal-wording",
      "The judge of every answer. By its wording, an answer is refused, answered or degenerate."),
    .boolean(
      "fluency", \.fluency, example: false,
      "Whether each answer is scored by its log-likelihood under the untouched model without a system message. Answers "
        + "that are less likely than the model's own are `noise`, neither refused nor answered: "
        + "[judges.md](judges.md#noise)."),
    .optionalText(
      "wordings", \.wordings, isPath: true, fallback: "no phrase", example: "mine/refusals-in-german.txt",
      "A plain text file with refusal phrases, one a line. They are added to the judge's English ones wherever wording "
        + "is judged, including anchors and validation: [judges.md](judges.md#other-languages)."),
    .list(
      "judges", \.judges,
      example: [["name": "guard", "question": "harmlessness", "model": "guard.gguf", "format": "llama-guard-3"]],
      "Language models that judge in addition: [judges.md](judges.md)."
    ) { (judge, earlier, place) throws(ManifestError) in
      let wording = VerdictsStage.Judge.refusalWording.rawValue
      guard judge.name == wording || earlier.contains(where: { $0.name == judge.name }) else { return }
      throw ManifestError(
        at: "\(place.element).name", found: JSONValue.string(judge.name).summary,
        expected: "a name that no other judge has (\"\(wording)\" is one)")
    },
    ManifestKey(
      KeyDescription(
        name: "answers",
        type: .other(
          schema: JSONObject([
            .init(key: "type", value: ["object", "null"]), .init(key: "minProperties", value: 1),
            .init(key: "additionalProperties", value: ["type": "string", "minLength": 1]),
          ]), words: "object from sets to paths"),
        isNullable: true, isRequired: false, fallback: "by the sets", example: ["AlpacaEval": "answers/vllm.jsonl"],
        meaning:
          "Files with answers from elsewhere, by set, for a baseline or a sweep. The cell has only these sets and "
          + "generates no answers: [Answers from elsewhere](#answers-from-elsewhere)."),
      take: { (section, value) throws(ManifestError) in
        guard value.value != .null else { return }
        let members = value.value?.object?.members ?? []
        let files = members.compactMap { member in
          member.value.string.map { AnswersOfSet(set: member.key, file: $0) }
        }
        guard !files.isEmpty, files.count == members.count, files.allSatisfy({ !$0.file.isEmpty }) else {
          throw value.invalid(expected: "an object from sets' names to files with the answers to them")
        }
        section.answers = files
      },
      write: {
        $0.answers.map { .object(JSONObject($0.map { .init(key: $0.set, value: .string($0.file)) })) } ?? .null
      }),
    .choice(
      "probe", \.probe, example: "safe",
      "Whether the model's hidden states are probed, and under which system prompt. After each block, a ridge "
        + "regression on the anchors' instructions separates harmful from harmless ones. Its result on the sets, "
        + "without attacked ones, is the ceiling against which to read a tuned prompt."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    try checkAnswers(at: place)
    for (index, judge) in judges.enumerated() {
      _ = try judge.judged(of: sets, at: "\(place).judges[\(index)]")
    }
  }
}

extension ManifestKey {
  /// A list of sections.
  /// - Parameters:
  ///   - singular: What there must be one of; nil where the list may be empty.
  ///   - expanding: The elements that one as it is written stands for.
  ///   - check: Refuses an element for what stands before it, with the places of the list and of the element.
  fileprivate static func list<Element: ManifestSection>(
    _ name: String, _ path: any WritableKeyPath<Section, [Element]> & Sendable, atLeastOne singular: String? = nil,
    fallback: String? = nil, example: JSONValue, _ meaning: String,
    expanding: @escaping @Sendable (Element) -> [Element] = { [$0] },
    check: @escaping @Sendable (Element, [Element], (list: String, element: String)) throws(ManifestError) -> Void
  ) -> ManifestKey {
    ManifestKey(
      KeyDescription(
        name: name, type: .list(of: Element.description, atLeastOne: singular != nil), isNullable: false,
        isRequired: false, fallback: fallback, example: example, meaning: meaning),
      take: { (section, value) throws(ManifestError) in
        guard let values = value.value?.array, singular == nil || !values.isEmpty else {
          throw value.invalid(expected: singular.map { "a list of at least one \($0)" } ?? "a list of \(name)")
        }
        var elements: [Element] = []
        for (index, written) in values.enumerated() {
          let place = "\(value.place)[\(index)]"
          let element = try Element(reading: written, at: place)
          for element in expanding(element) {
            try check(element, elements, (value.place, place))
            elements.append(element)
          }
        }
        section[keyPath: path] = elements
      }, write: { .array($0[keyPath: path].map(\.resolved)) })
  }
}
