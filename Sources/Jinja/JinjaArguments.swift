/// The arguments of a call, a filter or a test.
struct JinjaArguments {
  /// Those without a name.
  var positional: [JinjaValue] = []
  /// Those with a name.
  var named: [(name: String, value: JinjaValue)] = []

  /// How much there is to go through: each argument, and the characters of texts.
  var size: Int {
    var size = positional.count + named.count
    for case .text(let text) in positional { size += text.count }
    for case (_, .text(let text)) in named { size += text.count }
    return size
  }

  /// The argument of a place or a name; nil where there is none.
  func value(_ place: Int, _ name: String) -> JinjaValue? {
    if place < positional.count { return positional[place] }
    return named.first { $0.name == name }?.value
  }

  /// Refuses more arguments than a function has, and fewer than it needs.
  func check(_ function: String, _ names: [String], atLeast least: Int = 0) throws {
    guard positional.count <= names.count else {
      throw JinjaError.type("\(function)() takes at most \(names.count) arguments (\(positional.count) given)")
    }
    for (name, _) in named {
      guard let place = names.firstIndex(of: name), place >= positional.count else {
        throw JinjaError.type("\(function)() got an unexpected keyword argument '\(name)'")
      }
    }
    for place in 0..<least where value(place, names[place]) == nil {
      throw JinjaError.type("\(function)() missing the argument '\(names[place])'")
    }
  }

  /// Refuses named arguments, which most methods of Python's own types don't take, and another number of them.
  func check(_ function: String, _ counts: ClosedRange<Int>) throws {
    guard named.isEmpty else { throw JinjaError.type("\(function)() takes no keyword arguments") }
    guard counts.contains(positional.count) else {
      throw JinjaError.type(
        "\(function)() takes \(counts.lowerBound) to \(counts.upperBound) arguments (\(positional.count) given)")
    }
  }
}
