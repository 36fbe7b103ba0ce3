import Foundation
import Pages
import Records
import Reporting
import Serving

extension PageSource {
  /// The pages of a store. Files of labels are in the folder at hand, where `ablate label` has them.
  static func pages(of store: ArtifactStore) -> PageSource {
    let pages = StorePages(
      store, indexIn: .standard,
      labelsIn: URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    ) {
      fingerprint in
      let page = try ExperimentReport(of: fingerprint, in: store).page
      let files = page.files.map { ($0.name, $0.contents) }
      return Dictionary(files + [("report.html", try page.html)]) { first, _ in first }
    }
    var source = PageSource { request in
      if request.method == "GET", let file = ServedPages.file(at: request.path) {
        return Reply(contentType: file.contentType, body: file.bytes)
      }
      let reply = pages.reply(
        to: StorePages.Request(
          method: request.method, path: request.path, query: request.query, headers: request.headers,
          body: request.body))
      return reply.map { Reply(status: $0.status, contentType: $0.contentType, body: $0.body) }
    }
    source.isOpen = { ServedPages.file(at: $0) != nil }
    return source
  }
}
