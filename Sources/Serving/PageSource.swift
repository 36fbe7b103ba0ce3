package import Foundation

/// The pages that a server shows, and what they ask of the store: other targets make them.
package struct PageSource: Sendable {
  /// A request, its target parted.
  package struct Request: Sendable {
    package var method: String
    /// The path without the query.
    package var path: String
    package var query: [String: String]
    /// The headers, by names in small letters.
    package var headers: [String: String]
    package var body: Data
  }

  /// What is answered.
  package struct Reply: Sendable {
    /// The HTTP status.
    package var status: Int
    package var contentType: String
    package var body: Data

    package init(status: Int = 200, contentType: String, body: Data) {
      self.status = status
      self.contentType = contentType
      self.body = body
    }
  }

  /// The reply to a request; nil for one that is not a page's.
  package var reply: @Sendable (Request) -> Reply?

  /// Whether a path is that of a page, or of its style or script: these hold nothing of the store, and a browser that
  /// opens them can't send a key yet.
  package var isOpen: @Sendable (String) -> Bool = { _ in false }

  package init(_ reply: @escaping @Sendable (Request) -> Reply?) { self.reply = reply }
}
