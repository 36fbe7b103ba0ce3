/// A template in the part of Jinja that chat templates are written in, as transformers runs them: Python's Jinja2 3.1
/// with `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `generation` blocks, and lists and dictionaries that
/// can't be changed.
package struct JinjaTemplate: Sendable {
  private let template: Statement.Block
  private let scopes: [ScopeNames]

  /// How deep expressions and blocks may lie in one another; a template is not trusted, and each level takes stack.
  static let depth = 48
  /// The longest source, in Unicode scalars.
  static let length = 1_000_000

  /// Reads a template's source.
  package init(_ source: String) throws(JinjaError) {
    guard source.unicodeScalars.count <= Self.length else { throw .limit("characters of source", Self.length) }
    (template, scopes) = try Parser.template(of: source, depth: Self.depth)
  }

  /// Runs the template.
  /// - Parameters:
  ///   - variables: What the template can name.
  ///   - now: What `strftime_now` tells.
  ///   - limits: What the run may take.
  package func render(
    _ variables: [(String, JinjaValue)], now: JinjaDate, limits: JinjaLimits = .standard
  ) throws(JinjaError) -> String {
    let evaluator = JinjaEvaluator(variables, scopes: scopes, now: now, limits: limits)
    defer { evaluator.release() }
    do {
      for (_, value) in variables { try evaluator.check(nesting: value) }
      return try evaluator.output(of: template).text.string
    } catch let error as JinjaError {
      throw error
    } catch {
      throw .type("\(error)")
    }
  }
}
