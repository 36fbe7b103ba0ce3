import Evaluation
import Experiments
import Fingerprints
import Pipeline
import Stages

extension Workspace {
  /// Reads all data that stages will read, as they will: what is wrong with it is told before anything is computed.
  /// - Throws: `EvaluationError` or `BenchmarkError` with the file and the line.
  func checkData(of settings: [Settings], _ materials: Materials) throws {
    var seen: Set<[String]> = []
    for cell in settings {
      let anchors = cell.anchors, method = cell.decoding.method, isGiven = cell.evaluation.isGiven
      let isProbed = cell.evaluation.probe != .none
      if !isGiven, method.needsAnchors || method.needsDirection || isProbed {
        for path in [anchors.harmful, anchors.harmless] where seen.insert([path, "\(anchors.size)"]).inserted {
          _ = try file(path).instructions(first: anchors.size, key: "anchors.size")
        }
      }
      let readsRefusals = method.needsAnchors && anchors.refusalSource == .wordings || cell.measuresFluency
      if !isGiven, readsRefusals, seen.insert([anchors.refusals]).inserted {
        _ = try RefusalText.read(file(anchors.refusals))
      }
      let readsPrompts = method.needsAnchors || method.needsSystemPrompts || isProbed
      if !isGiven, readsPrompts, seen.insert([anchors.systemPrompts]).inserted {
        _ = try SystemPrompts(file(anchors.systemPrompts))
      }
      if let path = cell.evaluation.wordings, seen.insert([path]).inserted { _ = try RefusalPhrases(file(path)) }
      let decoding = cell.decoding
      if !isGiven, method.needsDemonstrations,
        seen.insert([decoding.demonstrations, "\(decoding.demonstrationCount)"]).inserted
      {
        _ = try Demonstration.read(file(decoding.demonstrations), first: decoding.demonstrationCount)
      }
      for judge in cell.evaluation.judges {
        guard let path = judge.prompt, seen.insert([path, judge.format.name]).inserted else { continue }
        _ = try JudgePrompt(file(path), for: judge.format)
      }
      for set in cell.evaluation.evaluated { try checkData(of: set, judgedBy: cell.evaluation, materials, &seen) }
    }
  }

  private func checkData(
    of set: EvaluationSet, judgedBy evaluation: EvaluationSettings, _ materials: Materials, _ seen: inout Set<[String]>
  ) throws {
    guard
      let fingerprint = set.file.flatMap({ materials.files[$0] })
        ?? set.benchmark.flatMap({ materials.benchmarks[$0] }),
      let file = content.files[Reference(fingerprint)]
    else { return }
    let selection = set.selection(isNumbered: true)
    if let path = evaluation.answers(to: set), seen.insert([path, fingerprint.hexadecimal, "\(selection)"]).inserted {
      _ = try self.file(path).givenAnswers(
        to: set.selection(isNumbered: set.file.map(materials.numbered.contains) ?? false), in: file)
    }
    let judges = try evaluation.judges.filter { judge in
      try judge.judged(of: evaluation.sets, at: "evaluation.judges").contains { $0.name == set.name }
    }
    let needsKnown = judges.contains { $0.question.needs == .knownAnswers } || set.measure == .choices
    let needsReference =
      judges.contains { $0.question.needs == .opponent && $0.against == .reference } || set.measure != .answers
    guard
      seen.insert([
        fingerprint.hexadecimal, "\(selection)", "\(set.attack?.file ?? "")",
        "\(needsKnown) \(needsReference) \(set.measure)",
      ]).inserted
    else {
      return
    }
    let attackFile =
      (set.attack?.file).flatMap { materials.files[$0] }
      ?? (set.attack?.benchmark).flatMap { materials.benchmarks[$0] }
    for instruction in try file.requests(selection, attackFile: attackFile.flatMap { content.files[Reference($0)] }) {
      guard set.measure == .answers || instruction.earlier == nil else {
        throw file.malformed(
          at: instruction.id, found: "a conversation of several turns",
          expected: "one instruction, as only \"answers\" takes more")
      }
      if needsKnown { _ = try file.knownAnswers(of: instruction) }
      if needsReference { _ = try file.reference(of: instruction) }
      if set.measure == .number { _ = try file.number(of: instruction) }
    }
  }
}
