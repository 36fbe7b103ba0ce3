import FlyingFox
import FlyingSocks
import Foundation

/// Methods that always say the same, one of them a contrast that changes a token, and one that weakens safety.
enum SampleMethod {
  private static var methods: [[String: Any]] {
    [
      ["id": "sample:base", "title": "no system message", "weakens_safety": false, "takes_alpha": false],
      ["id": "sample:acd-0.4", "title": "SP − α·AP", "weakens_safety": false, "takes_alpha": true],
      ["id": "sample:safe", "title": "the manual safe prompt", "weakens_safety": false, "takes_alpha": false],
      ["id": "sample:opposite", "title": "the manual opposite prompt", "weakens_safety": true, "takes_alpha": false],
    ]
  }

  /// The methods.
  static var list: HTTPResponse { json(methods) }

  /// An answer, an event a token.
  static func answer(to body: Data) -> HTTPResponse {
    guard let asked = try? JSONSerialization.jsonObject(with: body) as? [String: Any],
      let model = asked["model"] as? String, let instruction = asked["instruction"] as? String,
      let length = asked["max_tokens"] as? Int
    else { return json(["error": ["message": "a body that is not right"]], status: .badRequest) }
    if instruction.contains("fail") {
      return json(["error": ["message": "model: the sample fails"]], status: .badRequest)
    }
    let contrasts = model.contains("acd"), alpha = asked["alpha"] as? Double ?? 0.4
    let words =
      contrasts
      ? ["Well", ",", " first", " mix", " flour", "\n", "and", " water", "."]
      : model.contains("opposite")
        ? ["UNCOVERED", " words", "."] : ["Sure", "!", " Mix", " flour", " and", " water", "."]
    var events = words.prefix(length).enumerated().map { place, word in
      let isChanged = contrasts && place == 0
      var event: [String: Any] = [
        "token": place, "text": word, "probability": 0.8, "favorite": isChanged ? 99 : place,
        "favorite_text": isChanged ? "Sure" : word, "favorite_before": isChanged ? 0.7 : 0.75,
        "favorite_after": isChanged ? 0.1 : 0.8,
      ]
      event["streams"] = contrasts ? [isChanged ? 0.1 : 0.75, alpha] : [0.8]
      return event
    }
    events.append([
      "done": true, "ended": words.count <= length, "weakens_safety": model.contains("opposite"), "refused": contrasts,
    ])
    let lines = events.compactMap { try? JSONSerialization.data(withJSONObject: $0, options: .sortedKeys) }
      .map { Data("data: ".utf8) + $0 + Data("\n\n".utf8) }
    return HTTPResponse(
      statusCode: .ok, headers: [.contentType: "text/event-stream; charset=utf-8"],
      body: HTTPBodySequence(from: SlowBytes(pieces: lines + [Data("data: [DONE]\n\n".utf8)])))
  }

  private static func json(_ value: Any, status: HTTPStatusCode = .ok) -> HTTPResponse {
    let body = (try? JSONSerialization.data(withJSONObject: value)) ?? Data()
    return HTTPResponse(statusCode: status, headers: [.contentType: "application/json"], body: body)
  }
}

/// Pieces that come one after the other, each on its way before the next is made.
private struct SlowBytes: AsyncBufferedSequence {
  typealias Element = UInt8

  let pieces: [Data]

  func makeAsyncIterator() -> Iterator { Iterator(pieces: pieces[...]) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var pieces: ArraySlice<Data>

    mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
      try await Task.sleep(for: .milliseconds(20))
      return pieces.popFirst().map(Array.init)
    }
  }
}
