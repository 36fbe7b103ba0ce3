/// Why a template can't be read or run.
package enum JinjaError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Source that is not a template.
  case syntax(line: Int, found: String, expected: String)
  /// What Jinja has and this wing does not run.
  case unsupported(line: Int, what: String)
  /// The template itself refuses, with `raise_exception`.
  case raised(String)
  /// A value that is not defined, where one is needed.
  case undefined(String)
  /// An operation that its values do not have.
  case type(String)
  /// The template took more than it may.
  case limit(String, Int)

  /// What is wrong, without a place: whoever knows the template's file adds it.
  package var description: String {
    switch self {
    case .syntax(let line, let found, let expected):
      "line \(line) of the template: found \(found), expected \(expected)"
    case .unsupported(let line, let what): "line \(line) of the template: \(what) is not supported"
    case .raised(let message): message
    case .undefined(let what): "\(what) is undefined"
    case .type(let what): what
    case .limit(let what, let limit): "the template took more than \(limit) \(what)"
    }
  }
}
