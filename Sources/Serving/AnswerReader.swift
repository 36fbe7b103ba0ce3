import Decoding
import Tokenization

/// Reads what a live batch tells of one request: pieces of text with the tokens that they are made of.
struct AnswerReader {
  /// A token of an answer, with what was asked to be told of it.
  struct Token: Sendable {
    var id: Int
    var likelihood: TokenLikelihood?
  }

  /// Some more of an answer.
  struct Piece: Sendable {
    var text = ""
    var tokens: [Token] = []
    /// Of the prompt's tokens, from the second on.
    var prompt: [TokenLikelihood] = []
    /// How it ended, in the last piece.
    var end: End?
    /// The token by which the model ended it.
    var lastToken: Token?
  }

  /// How an answer ended.
  enum End: String, Sendable {
    /// The model ended it, or a stop text came.
    case stop
    /// It was as long as allowed.
    case length
  }

  private var events: AsyncStream<LiveEvent>.Iterator
  private var text: TextStream
  private var stop: StopText
  /// Tokens whose text is held back, with the place in bytes where it begins.
  private var held: [(start: Int, token: Token)] = []
  private var seen = 0
  private var passed = 0
  private var isOver = false
  /// How many tokens the model chose.
  private(set) var count = 0

  init(_ events: AsyncStream<LiveEvent>, tokenizer: Tokenizer, stop: [String]) {
    self.events = events.makeAsyncIterator()
    text = TextStream(tokenizer)
    self.stop = StopText(stop)
  }

  /// The next piece; nil behind the last. Where the text is stopped, the request leaves the batch.
  /// - Throws: What failed; `CancellationError` where the reader is cancelled.
  mutating func next() async throws -> Piece? {
    guard !isOver else { return nil }
    while let event = await events.next() {
      switch event {
      case .prompt(let likelihoods): return Piece(prompt: likelihoods)
      case .token(let id, let likelihood, _):
        count += 1
        let piece = take(Token(id: id, likelihood: likelihood))
        if piece.end != nil || !piece.text.isEmpty || !piece.tokens.isEmpty { return piece }
      case .ended(let token, let likelihood):
        isOver = true
        var piece = finish(token == nil ? .length : .stop)
        piece.lastToken = token.map { Token(id: $0, likelihood: likelihood) }
        return piece
      case .failed(let error): throw error
      }
    }
    throw CancellationError()
  }

  private mutating func take(_ token: Token) -> Piece {
    held.append((seen, token))
    let more = text.append(token.id)
    seen += more.utf8.count
    var piece = Piece(text: stop.append(more))
    passed += piece.text.utf8.count
    if stop.isStopped {
      isOver = true
      piece.end = .stop
    }
    piece.tokens = passedTokens(all: false)
    return piece
  }

  private mutating func finish(_ end: End) -> Piece {
    let rest = text.finish()
    var piece = Piece(text: stop.append(rest), end: stop.isStopped ? .stop : end)
    if !stop.isStopped { piece.text += stop.finish() }
    piece.tokens = passedTokens(all: !stop.isStopped)
    return piece
  }

  /// The tokens of which some text has been passed on.
  private mutating func passedTokens(all: Bool) -> [Token] {
    let count = all ? held.count : held.prefix { $0.start < passed }.count
    defer { held.removeFirst(count) }
    return held.prefix(count).map(\.token)
  }
}
