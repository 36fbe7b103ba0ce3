package import Stages

/// A judge's question as its authors write it: a text of the user's with placeholders for the request and the answer.
package struct JudgePrompt: Sendable, Hashable {
  /// A part of the text.
  package enum Part: Sendable, Hashable {
    case own(String)
    case instruction
    case answer
  }

  /// The parts in order.
  package let parts: [Part]

  /// The question of a format in a file. Braces around other words stay as they are.
  /// - Throws: ``EvaluationError`` where the file is no text, or lacks a placeholder.
  package init(_ file: SourceFile, for format: JudgeFormat) throws {
    guard case .file(let request, let answer, let isWhole) = format.asking else {
      parts = []
      return
    }
    guard let text = String(validating: file.bytes, as: UTF8.self) else {
      throw file.malformed(at: "text", found: "bytes that are not UTF-8", expected: "UTF-8")
    }
    guard !text.contains("{context}") else {
      throw file.malformed(
        at: "text", found: "the placeholder {context}",
        expected: "none: a request's context stands before it, in {\(request[0])}")
    }
    // A line's end behind what a user says is the editor's; in a whole text it may be part of the format.
    var rest = isWhole ? text[...] : text[...].trimmedEnd, parts: [Part] = []
    let places =
      request.map { (name: "{\($0)}", part: Part.instruction) }
      + answer.map { (name: "{\($0)}", part: Part.answer) }
    while true {
      let next = places.compactMap { place in rest.firstRange(of: place.name).map { (range: $0, part: place.part) } }
        .min { $0.range.lowerBound < $1.range.lowerBound }
      guard let next else { break }
      if next.range.lowerBound > rest.startIndex { parts.append(.own(String(rest[..<next.range.lowerBound]))) }
      parts.append(next.part)
      rest = rest[next.range.upperBound...]
    }
    if !rest.isEmpty { parts.append(.own(String(rest))) }
    for (part, names, what) in [(Part.instruction, request, "request"), (.answer, answer, "answer")] {
      guard parts.contains(part) else {
        throw file.malformed(
          at: "text", found: "no placeholder for the \(what)",
          expected: names.map { "{\($0)}" }.joined(separator: " or ") + ", as the authors of "
            + "\"\(format.name)\" write it")
      }
    }
    self.parts = parts
  }

  /// The text with a request and an answer in their places, both unable to speak in it.
  package func text(instruction: String, answer: String) -> String {
    parts.map { part in
      switch part {
      case .own(let text): text
      case .instruction: JudgedText.sanitized(instruction)
      case .answer: JudgedText.sanitized(answer)
      }
    }.joined()
  }
}

extension Substring {
  fileprivate var trimmedEnd: Substring {
    var rest = self
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
