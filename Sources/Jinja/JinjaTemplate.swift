/// A template in the part of Jinja that chat templates are written in, as transformers runs them: Python's Jinja2 3.1
/// with `trim_blocks`, `lstrip_blocks`, `break` and `continue`, `generation` blocks, and lists and dictionaries that
/// can't be changed.
package struct JinjaTemplate: Sendable {
  private let statements: [Statement]

  /// How deep expressions and blocks may lie in one another; a template is not trusted, and each level takes stack.
  static let depth = 48

  /// Reads a template's source.
  package init(_ source: String) throws(JinjaError) {
    statements = try Parser.statements(of: source, depth: Self.depth)
  }

  /// Runs the template.
  /// - Parameters:
  ///   - variables: What the template can name.
  ///   - now: What `strftime_now` tells.
  package func render(
    _ variables: [(String, JinjaValue)], now: JinjaDate, limits: JinjaLimits = .standard
  ) throws(JinjaError) -> String {
    let evaluator = JinjaEvaluator(variables, now: now, limits: limits)
    do {
      return try evaluator.output(of: statements).string
    } catch let error as JinjaError {
      throw error
    } catch {
      throw .type("\(error)")
    }
  }
}
