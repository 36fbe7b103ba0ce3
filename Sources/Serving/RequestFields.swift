import Foundation
import JSON

/// The fields of a request's JSON object, each read once and checked.
struct RequestFields {
  private let object: JSONObject
  private var read: Set<String> = []

  /// The object of a body.
  /// - Throws: `APIError` for what is not one JSON object.
  init(_ body: some Sequence<UInt8>) throws(APIError) {
    let value: JSONValue
    do {
      value = JSONValue(try JSONElement(parsing: body))
    } catch {
      throw APIError(400, "The body is not JSON: \(error)", code: "invalid_json")
    }
    guard let object = value.object else {
      throw APIError(400, "The body: found \(value.found), expected an object", code: "invalid_json")
    }
    self.object = object
  }

  /// The value of a field; nil where it is absent or null.
  mutating func value(_ name: String) -> JSONValue? {
    read.insert(name)
    guard let value = object[name], value != .null else { return nil }
    return value
  }

  mutating func text(_ name: String) throws(APIError) -> String? {
    guard let value = value(name) else { return nil }
    guard let text = value.string else { throw .field(name, found: value.found, expected: "a text") }
    return text
  }

  mutating func flag(_ name: String) throws(APIError) -> Bool? {
    guard let value = value(name) else { return nil }
    guard case .boolean(let flag) = value else { throw .field(name, found: value.found, expected: "true or false") }
    return flag
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(APIError) -> Int? {
    guard let value = value(name) else { return nil }
    guard let number = value.integer, range.contains(number) else {
      throw .field(
        name, found: value.found, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func number(_ name: String, in range: ClosedRange<Double>) throws(APIError) -> Double? {
    guard let value = value(name) else { return nil }
    guard let number = value.number, range.contains(number) else {
      throw .field(name, found: value.found, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The fields that carry a method's parameters, under their names in manifests, as a section of one.
  mutating func section(_ names: [String]) -> JSONObject {
    var section = JSONObject()
    for name in names {
      if let value = value(name) { section[name] = value }
    }
    return section
  }

  /// Takes fields that this server lacks where they say what is so anyhow.
  /// - Parameter neutral: The values that say so, by name.
  mutating func accept(_ neutral: [(name: String, values: [JSONValue])]) throws(APIError) {
    for (name, values) in neutral {
      guard let value = value(name), !values.contains(value) else { continue }
      throw .unsupported(name, values.first.map(\.canonical) ?? "null")
    }
  }

  /// Refuses what was not read.
  func finish() throws(APIError) {
    guard let unknown = object.keys.first(where: { !read.contains($0) && object[$0] != .null }) else { return }
    throw .unsupported(unknown, "null")
  }
}
