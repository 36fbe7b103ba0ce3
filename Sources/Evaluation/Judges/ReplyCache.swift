import Fingerprints
package import Foundation
import JSON
import Messages

/// A reply of a language model.
package struct ChatReply: Sendable, Hashable, Codable {
  /// What it says.
  package var text: String
  /// Why it ended, as the server says it: `stop`, `length` and so on; of a request that the server won't answer, its
  /// code.
  package var finish: String?
  /// The model that replied, as the server names it: often a dated one behind the name that was asked for.
  package var model: String?

  package init(text: String, finish: String?, model: String? = nil) {
    self.text = text
    self.finish = finish
    self.model = model
  }
}

/// Replies that servers gave, kept by the content of the request, so that none is asked, or paid for, twice.
package struct ReplyCache: Sendable {
  /// The folder. It need not exist before a reply is kept.
  package let folder: URL

  /// The cache in a folder.
  package init(_ folder: URL) { self.folder = folder }

  private func url(of address: String, _ body: Data) -> URL {
    let name = Fingerprint(ofBytes: Data(address.utf8) + [0] + body).hexadecimal
    return folder.appending(path: "\(name.prefix(2))/\(name.dropFirst(2)).json")
  }

  /// The reply to a request, if one is kept. A file that can't be read as one is as good as none.
  package func reply(from address: String, to body: Data) -> ChatReply? {
    (try? Data(contentsOf: url(of: address, body))).flatMap { try? JSONValue(JSONElement(parsing: $0)).decoded() }
  }

  /// Keeps a reply.
  /// - Throws: ``BenchmarkError/inaccessible(path:reason:)`` where it can't be written.
  package func keep(_ reply: ChatReply, from address: String, to body: Data) throws {
    let url = url(of: address, body)
    do {
      try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(JSONValue(encoding: reply).canonical.utf8).write(to: url, options: .atomic)
    } catch {
      throw BenchmarkError.inaccessible(path: url.path, reason: SystemError.wording(error))
    }
  }
}
