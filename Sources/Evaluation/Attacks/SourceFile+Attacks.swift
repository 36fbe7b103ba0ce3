import JSON
package import Stages

extension SourceFile {
  /// The requests of a selection as they are put to the model: chosen, and then under its attack.
  /// - Parameter attackFile: What the attack reads; nil where it reads nothing, or this file.
  /// - Throws: ``EvaluationError``, ``BenchmarkError``.
  package func requests(_ selection: RequestSelection, attackFile: SourceFile?) throws -> [Instruction] {
    let instructions = try instructions(selection)
    guard let attack = selection.attack else { return instructions }
    return try attacked(instructions, by: attack, with: attackFile)
  }

  private func attacked(
    _ instructions: [Instruction], by attack: AttackParameters, with file: SourceFile?
  ) throws -> [Instruction] {
    var requests = instructions
    for kind in attack.kinds {
      let rewritten: (Instruction) throws -> String?
      switch kind.kind {
      case .rewriting(let rewriting): rewritten = { rewriting($0.instruction) }
      case .translation: rewritten = try (file ?? self).translations()
      case .published: rewritten = try publishedTexts(by: attack, in: file)
      case .dialogues:
        let dialogues = try (file ?? self).dialogues(first: attack.shots ?? 0)
        rewritten = { Attack.text(of: $0.instruction, behind: dialogues) }
      }
      requests = try requests.compactMap { request in
        try rewritten(request).map { text in
          var request = request
          request.goal = request.goal ?? request.instruction
          request.instruction = text
          return request
        }
      }
    }
    guard !requests.isEmpty else {
      throw (file ?? self).malformed(
        at: "the file", found: "a text for none of the requests of \(name)",
        expected: "a text for at least one, known by the request that stands beside it")
    }
    return requests
  }

  /// Texts by the requests' identifiers; each request must have one.
  private func translations() throws -> (Instruction) throws -> String? {
    struct Row: Decodable {
      var id: String
      var instruction: String
    }
    let rows = try rows(as: Row.self, expected: "an object with the texts \"id\" and \"instruction\"")
    var texts: [String: String] = [:]
    for (index, row) in rows.enumerated() {
      guard !row.instruction.isBlank else {
        throw malformed(
          at: "row \(index + 1)", found: "an empty \"instruction\"", expected: "the request's other wording")
      }
      guard texts.updateValue(row.instruction, forKey: row.id) == nil else {
        throw malformed(at: "row \(index + 1)", found: "the id \"\(row.id)\" again", expected: "every id once")
      }
    }
    return { request in
      guard let text = texts[request.id] else {
        throw self.malformed(
          at: "the file", found: "no row with the id \"\(request.id)\"",
          expected: "one for each request; take fewer with \"size\", or add it")
      }
      return text
    }
  }

  /// Texts by the requests that they attack. Of the requests' own file the row itself counts; of another one the first
  /// row with the same request. Requests without a text are left out.
  private func publishedTexts(
    by attack: AttackParameters, in file: SourceFile?
  ) throws -> (Instruction) throws -> String? {
    let source = file ?? self
    let rows: [Instruction]
    if let name = attack.benchmark {
      rows = try BenchmarkCatalog.benchmark(named: name).instructions(from: source.bytes, path: source.name)
    } else {
      rows = try InstructionReader.read(
        source, format: attack.format ?? "jsonl",
        fields: InstructionFields(instruction: attack.goal, attack: attack.field), rowName: "")
    }
    let known = rows.filter { $0.attack?.isBlank == false }
    guard !known.isEmpty else {
      throw source.malformed(
        at: "the file", found: "no text in \(attack.field.map { "\"\($0)\"" } ?? "its rows")",
        expected: "the text of an attack beside its request; \"field\" names the texts, \"goal\" the requests")
    }
    let own = file == nil ? Dictionary(known.map { ($0.id, $0) }) { first, _ in first } : [:]
    let byGoal = Dictionary(known.map { (Self.goalKey($0.instruction), $0) }) { first, _ in first }
    return { request in
      let key = Self.goalKey(request.instruction)
      if let row = own[request.id], Self.goalKey(row.instruction) == key { return row.attack }
      return byGoal[key]?.attack
    }
  }

  /// What requests are the same by: their letters and digits, in whatever case.
  private static func goalKey(_ text: String) -> String {
    text.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// The first dialogues of a file.
  private func dialogues(first count: Int) throws -> [Attack.Dialogue] {
    struct Row: Decodable {
      var instruction: String
      var answer: String
    }
    let rows = try rows(as: Row.self, expected: "an object with the texts \"instruction\" and \"answer\"")
    guard count <= rows.count else { throw tooFew(rows.count, wanted: count, key: "attack.shots") }
    return rows.prefix(count).map { ($0.instruction, $0.answer) }
  }
}
