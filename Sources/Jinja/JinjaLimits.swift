/// What a template may take: it comes with a model, and is not trusted.
package struct JinjaLimits: Sendable {
  /// Work in all: a node that is evaluated counts as one, and so do some characters or elements that are touched, those
  /// of arguments and keys too, and the names with which a scope begins.
  package var steps = 3_000_000
  /// Calls, blocks and expressions within one another. Each takes stack, of which a thread may have 512 KiB.
  package var depth = 200
  /// Lists and dictionaries within one another.
  package var nesting = 100
  /// Unicode scalars of any text, elements of any list, and the output.
  package var length = 2_000_000

  /// The usual limits: some hundred times what real templates take. The greediest that they let through take some
  /// seconds, and a gigabyte.
  package static let standard = JinjaLimits()
}
