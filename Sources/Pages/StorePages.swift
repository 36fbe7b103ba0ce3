package import Fingerprints
package import Foundation
import JSON
import Messages
package import Records
import Stages
import Synchronization

/// What the served pages ask of the store, request by request. [docs/pages.md](../../docs/pages.md) lists it.
///
/// It knows no HTTP beyond ``Request`` and ``Reply``, and no model. A request that only reads changes nothing, and no
/// link shows what is covered: that takes a header, which only a page's script sends.
package final class StorePages: Sendable {
  /// A request, its target parted.
  package struct Request: Sendable {
    package var method: String
    /// The path, decoded, without the query.
    package var path: String
    package var query: [String: String]
    /// The headers, by names in small letters.
    package var headers: [String: String]
    package var body: Data

    package init(
      method: String, path: String, query: [String: String] = [:], headers: [String: String] = [:], body: Data = Data()
    ) {
      self.method = method
      self.path = path
      self.query = query
      self.headers = headers
      self.body = body
    }
  }

  /// What is answered.
  package struct Reply: Sendable {
    /// The HTTP status.
    package var status: Int
    package var contentType: String
    package var body: Data
  }

  /// The header that asks for one covered text, in small letters. Its value is the text's name.
  package static let uncoverHeader = "antipode-uncover"

  private let store: ArtifactStore
  private let indexes: IndexFolder
  private let folder: URL
  private let report: @Sendable (Fingerprint) throws -> [String: String]
  /// Labels are written by one request at a time.
  private let labels = Mutex(())
  /// The answers that were asked for last: a reader who labels asks for the same again and again.
  private let blind = Mutex<Blind?>(nil)

  private struct Blind {
    var stages: [[StageReference]]
    var set: String?
    var seed: Int
    var answers: [BlindAnswers.Answer]
  }

  /// Pages over a store.
  /// - Parameters:
  ///   - indexes: Where this host keeps the store's index.
  ///   - folder: Where files of labels are.
  ///   - report: The files of an experiment's report by their names, `report.html` among them.
  package init(
    _ store: ArtifactStore, indexIn indexes: IndexFolder, labelsIn folder: URL,
    report: @escaping @Sendable (Fingerprint) throws -> [String: String]
  ) {
    self.store = store
    self.indexes = indexes
    self.folder = folder
    self.report = report
  }

  /// The reply to a request; nil for a path that is none of these.
  package func reply(to request: Request) -> Reply? {
    let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    guard parts.count > 1, parts[0] == "antipode" else { return nil }
    do {
      switch (request.method, parts[1], parts.count) {
      case ("POST", "labels", 2): return try addLabel(request)
      case ("GET", "experiments", 2): return try experiments()
      case ("GET", "experiments", 4), ("GET", "experiments", 5):
        let record = try store.experiment(prefix: parts[2])
        return try reply(to: request, about: record, Array(parts[3...]))
      case (_, "labels", 2), (_, "experiments", _):
        return Self.failure(405, "\(request.method) \(request.path): not a request that this address answers")
      default: return nil
      }
    } catch let error as RecordsError {
      return Self.failure(error.exitStatus == .missingInput || error.exitStatus == .usage ? 404 : 500, "\(error)")
    } catch {
      return Self.failure(error is PagesError ? 404 : 500, "\(error)")
    }
  }

  private func reply(to request: Request, about record: ExperimentRecord, _ parts: [String]) throws -> Reply {
    switch (parts[0], parts.count) {
    case ("answers", 1):
      return Self.json(try AnswersDocument(of: record, in: store, withheld: .named).json)
    case ("answers", 2):
      return try coveredText(parts[1], of: record, asked: request.headers[Self.uncoverHeader])
    case ("labelling", 1):
      return try labelling(of: record, set: request.query["set"], seed: request.query["seed"].flatMap(Int.init) ?? 1)
    case ("report", 1):
      return try file("report.html", of: record)
    default:
      return parts.count == 1 ? try file(parts[0], of: record) : Self.failure(404, "\(request.path): nothing is here")
    }
  }

  // MARK: Reading

  private struct Listed: Encodable {
    var hash: Fingerprint
    var name: String
    var question: String
    var created: Date
    var cells: Int
    var done: Int
    var failed: Int
  }

  private func experiments() throws -> Reply {
    let rows = try RunIndex(store: store, in: indexes).experiments().map {
      Listed(
        hash: $0.fingerprint, name: $0.name, question: $0.question, created: $0.started, cells: $0.cells, done: $0.done,
        failed: $0.failed)
    }
    return Self.json(try JSONValue(encoding: rows).canonical)
  }

  private func coveredText(_ name: String, of record: ExperimentRecord, asked: String?) throws -> Reply {
    guard asked == name else {
      return Self.failure(
        403, "a covered answer is shown on the page that covers it, where you uncover it; no link shows it")
    }
    guard let fingerprint = Fingerprint(hexadecimal: name) else {
      return Self.failure(404, "\(name): expected the hash of an answer's text, 64 digits")
    }
    for stage in record.cells.flatMap(\.stages) where stage.kind == .generations {
      guard let artifact = try store.artifact(stage.fingerprint) else { continue }
      let rows = try RowFile.read(Generation.self, from: artifact.file("generations.jsonl"))
      if let found = rows.first(where: { Fingerprint(ofBytes: Data($0.text.utf8)) == fingerprint }) {
        return Self.json(JSONValue.object(JSONObject([.init(key: "text", value: .string(found.text))])).canonical)
      }
    }
    return Self.failure(404, "\(name): no answer of experiment \(record.fingerprint.short) has this hash")
  }

  private func file(_ name: String, of record: ExperimentRecord) throws -> Reply {
    guard let contents = try report(record.fingerprint)[name] else {
      return Self.failure(404, "\(name): not a file of the report of \(record.fingerprint.short)")
    }
    let types = [
      "html": "text/html", "csv": "text/csv", "json": "application/json", "svg": "image/svg+xml", "md": "text/markdown",
    ]
    let type = types[String(name.split(separator: ".").last ?? "")] ?? "text/plain"
    return Reply(status: 200, contentType: "\(type); charset=utf-8", body: Data(contents.utf8))
  }

  // MARK: Labels

  private func labelFile(of record: ExperimentRecord) throws -> LabelFile {
    try LabelFile(
      folder.appendingPathComponent("labels-\(record.fingerprint.short).jsonl").path, mayBeMissing: true)
  }

  /// The answers, of one set at least.
  /// - Parameter seed: That of their order; nil for any.
  private func blindAnswers(of record: ExperimentRecord, set: String?, seed: Int?) throws -> [BlindAnswers.Answer] {
    let stages = record.cells.map(\.stages)
    let known = blind.withLock { known in
      known.flatMap { known in
        let isWanted = seed == nil ? known.set == nil || known.set == set : known.set == set && known.seed == seed
        return isWanted && known.stages == stages ? known.answers : nil
      }
    }
    if let known { return known }
    let answers = try BlindAnswers(of: record, in: store, set: set, seed: seed ?? 1).answers
    blind.withLock { $0 = Blind(stages: stages, set: set, seed: seed ?? 1, answers: answers) }
    return answers
  }

  private func labelling(of record: ExperimentRecord, set: String?, seed: Int) throws -> Reply {
    let answers = try blindAnswers(of: record, set: set, seed: seed)
    let file = try labels.withLock { _ in try labelFile(of: record) }
    return Self.json(try Labelling(answers, of: record, in: file).json)
  }

  private struct Posted: Decodable {
    var experiment: String
    var set: String
    var id: String
    var answer: Fingerprint
    /// Absent or null to take the last label back.
    var label: AnswerLabel.Label?
  }

  private func addLabel(_ request: Request) throws -> Reply {
    let posted: Posted
    // A form of another page can't send this type.
    guard request.headers["content-type"]?.lowercased().hasPrefix("application/json") == true else {
      return Self.failure(415, "Content-Type: found another, expected application/json")
    }
    do {
      posted = try JSONValue(JSONElement(parsing: request.body)).decoded(as: Posted.self)
    } catch {
      let known = AnswerLabel.Label.allCases.map(\.rawValue).joined(separator: ", ")
      return Self.failure(
        400, "expected JSON with experiment, set, id, answer and label, which is null or one of \(known)")
    }
    let record = try store.experiment(prefix: posted.experiment)
    let answers = try blindAnswers(of: record, set: posted.set, seed: nil)
    func isPosted(_ key: AnswerLabel.Key) -> Bool {
      key.set == posted.set && key.id == posted.id && key.answer == posted.answer
    }
    guard let key = answers.first(where: { isPosted($0.key) })?.key else {
      return Self.failure(404, "\(posted.id): no such answer of this set in experiment \(record.fingerprint.short)")
    }
    return try labels.withLock { _ in
      var file = try labelFile(of: record)
      let known = file.labels.first { $0.key == key }?.label
      switch (known, posted.label) {
      case (let known?, let label?) where known == label: break
      case (nil, nil): break
      case (nil, let label?): try file.add(AnswerLabel(label, of: key))
      case (_?, nil) where file.labels.last?.key == key: _ = try file.removeLast()
      case (let known?, _):
        return Self.failure(
          409, "\(posted.id): is labelled \(known.rawValue); only the file's last label can be taken back")
      }
      return Self.json(#"{"labels":\#(file.labels.count)}"#)
    }
  }

  // MARK: Replies

  private static func json(_ text: String) -> Reply {
    Reply(status: 200, contentType: "application/json", body: Data(text.utf8))
  }

  /// An error in OpenAI's form, as the server's others are.
  private static func failure(_ status: Int, _ message: String) -> Reply {
    let error = JSONObject([
      .init(key: "message", value: .string(message)),
      .init(key: "type", value: .string(status < 500 ? "invalid_request_error" : "server_error")),
    ])
    let body = JSONValue.object(JSONObject([.init(key: "error", value: .object(error))])).canonical
    return Reply(status: status, contentType: "application/json", body: Data(body.utf8))
  }
}
