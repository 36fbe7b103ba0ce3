import JSON
import Stages

/// Names cells after what they change.
enum CellLabel {
  /// The label of a cell: each override as its setting's name and its value, `α 0.4` or `size 50`; values that speak
  /// for themselves stand alone. A cell that changes nothing is named after its decoding method.
  static func text(for overrides: [Override], settings: Settings) -> String {
    guard !overrides.isEmpty else {
      if settings.evaluation.isGiven { return settings.evaluation.givenLabel }
      let method = settings.decoding.method.rawValue
      guard settings.decoding.method == .acd else { return method }
      return "\(method) α \(JSONValue.number(settings.decoding.alpha).canonical)"
    }
    return overrides.map(text(for:)).joined(separator: ", ")
  }

  private static func text(for override: Override) -> String {
    switch override.path {
    case "decoding.method", "model": text(for: override.value)
    case "decoding.alpha": "α \(text(for: override.value))"
    case "evaluation.answers":
      EvaluationSettings.label(of: override.value.object?.members.compactMap(\.value.string) ?? [])
    default:
      if case .object = override.value {
        text(for: override.value)
      } else {
        "\(override.path.split(separator: ".").last ?? "") \(text(for: override.value))"
      }
    }
  }

  private static func text(for value: JSONValue) -> String {
    switch value {
    case .string(let string):
      return shortened(string)
    case .object(let object):
      let parts = object.members.map { member in
        if case .string = member.value { return text(for: member.value) }
        return "\(member.key) \(text(for: member.value))"
      }
      return parts.isEmpty ? "defaults" : parts.joined(separator: " ")
    case .array(let elements):
      return "list of \(elements.count)"
    case .null, .boolean, .number:
      return value.canonical
    }
  }

  private static func shortened(_ string: String) -> String {
    let line = string.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return line.count <= 40 ? line : line.prefix(39) + "…"
  }
}
