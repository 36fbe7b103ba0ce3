import Fingerprints
import FlyingFox
import Foundation
import Pages
import Records
import Reporting
import TestServer

/// The pages behind a real HTTP server, over a real store, for tests that drive a browser: without a model, so that the
/// same tokens come each time.
///
/// It takes a store's folder and a folder for labels, prints its address, and ends when its input does.
@main struct PagesServer {
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst().map { URL(fileURLWithPath: $0) }
    guard arguments.count == 2 else { return print("usage: pages-server STORE LABELS-FOLDER") }
    let store = ArtifactStore(folder: arguments[0])
    let pages = StorePages(
      store, indexIn: IndexFolder(arguments[1].appendingPathComponent("indexes")), labelsIn: arguments[1]
    ) { fingerprint in
      let page = try ExperimentReport(of: fingerprint, in: store).page
      let files = page.files.map { ($0.name, $0.contents) }
      return Dictionary(files + [("report.html", try page.html)]) { first, _ in first }
    }
    try await LocalServer.run { @Sendable server in
      await server.appendRoute("GET /antipode/models") { _ in SampleMethod.list }
      await server.appendRoute("POST /antipode/compare") { request in
        SampleMethod.answer(to: try await request.bodyData)
      }
      await server.appendRoute("/antipode/*") { request in
        guard let reply = pages.reply(to: try await StorePages.Request(request)) else {
          return HTTPResponse(statusCode: .notFound)
        }
        return HTTPResponse(
          statusCode: HTTPStatusCode(reply.status, phrase: ""), headers: [.contentType: reply.contentType],
          body: reply.body)
      }
      await server.appendRoute("GET /*") { request in
        guard let file = ServedPages.file(at: request.path) else { return HTTPResponse(statusCode: .notFound) }
        return HTTPResponse(statusCode: .ok, headers: [.contentType: file.contentType], body: file.bytes)
      }
    } _: { @Sendable address in
      try FileHandle.standardOutput.write(contentsOf: Data("\(address)\n".utf8))
      await withCheckedContinuation { ended in
        Thread.detachNewThread {
          _ = FileHandle.standardInput.readDataToEndOfFile()
          ended.resume()
        }
      }
    }
  }
}

extension StorePages.Request {
  /// The request that came.
  fileprivate init(_ request: HTTPRequest) async throws {
    self.init(
      method: request.method.rawValue, path: request.path,
      query: Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first },
      headers: Dictionary(request.headers.map { ($0.key.rawValue.lowercased(), $0.value) }) { first, _ in first },
      body: try await request.bodyData)
  }
}
