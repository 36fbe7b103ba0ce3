/// Passes on text as it comes, until one of some texts stands in it; what may be the beginning of one is held back.
struct StopText: Sendable {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []
  /// Whether one of the texts has come. What follows it is dropped.
  private(set) var isStopped = false

  init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// Takes more text; gives what stands before a stop for sure.
  mutating func append(_ text: String) -> String {
    guard !isStopped else { return "" }
    guard !stops.isEmpty else { return text }
    held += text.utf8
    if let end = stops.compactMap({ Self.place(of: $0, in: held) }).min() {
      isStopped = true
      defer { held = [] }
      return String(decoding: held[..<end], as: UTF8.self)
    }
    let kept = stops.map { Self.overlap(of: held, with: $0) }.max() ?? 0
    defer { held.removeFirst(held.count - kept) }
    return String(decoding: held.dropLast(kept), as: UTF8.self)
  }

  /// Gives what was held back, where nothing follows.
  mutating func finish() -> String {
    defer { held = [] }
    return String(decoding: held, as: UTF8.self)
  }

  private static func place(of stop: [UInt8], in text: [UInt8]) -> Int? {
    guard text.count >= stop.count else { return nil }
    return (0...text.count - stop.count).first { text[$0..<$0 + stop.count].elementsEqual(stop) }
  }

  /// The length of the longest end of a text that begins a stop.
  private static func overlap(of text: [UInt8], with stop: [UInt8]) -> Int {
    (1..<max(1, min(stop.count, text.count + 1))).reversed().first { text.suffix($0).elementsEqual(stop.prefix($0)) }
      ?? 0
  }
}
