/// What a template may take: it comes with a model, and is not trusted.
package struct JinjaLimits: Sendable {
  /// Nodes evaluated and elements touched, in all.
  package var steps = 4_000_000
  /// Calls and blocks within one another.
  package var depth = 64
  /// Unicode scalars of any text, and of the output.
  package var length = 2_000_000

  /// The usual limits: some hundred times what real templates take.
  package static let standard = JinjaLimits()
}
