package import JSON

/// The JSON schema of a manifest, for editors: made from the declared keys.
package enum ManifestSchema {
  /// The schema.
  package static var value: JSONValue {
    let settable = ManifestKeys.settable.map { path in
      JSONObject.Member(
        key: path,
        value: ["$ref": .string("#/properties/" + path.split(separator: ".").joined(separator: "/properties/"))])
    }
    var properties = JSONObject()
    for key in ManifestKeys.top { properties[key.name] = schema(of: key) }
    properties["sweep"] = properties["sweep"]?.adding([
      "type": "object", "minProperties": 1, "additionalProperties": false,
      "properties": .object(
        JSONObject(
          settable.map {
            .init(key: $0.key, value: ["type": "array", "minItems": 1, "uniqueItems": true, "items": $0.value])
          })),
    ])
    properties["baselines"] = properties["baselines"]?.adding([
      "type": "array", "default": [],
      "items": [
        "type": "object", "minProperties": 1, "additionalProperties": false,
        "properties": .object(JSONObject(settable)),
      ],
    ])
    return [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Antipode experiment",
      "description": "An experiment of the Antipode workbench. Whatever is left out has its default.",
      "type": "object",
      "required": .array(ManifestKeys.top.filter(\.isRequired).map { .string($0.name) }),
      "properties": .object(properties), "additionalProperties": false,
    ]
  }

  private static func schema(of key: KeyDescription) -> JSONValue {
    var schema = JSONObject()
    schema["description"] = .string(plain(key.meaning))
    for member in form(of: key.type, isNullable: key.isNullable).members { schema[member.key] = member.value }
    if case .section = key.type {} else if let standard = key.standard { schema["default"] = standard }
    return .object(schema)
  }

  private static func form(of type: KeyDescription.ValueType, isNullable: Bool) -> JSONObject {
    func named(_ type: JSONValue) -> JSONValue { isNullable ? [type, "null"] : type }
    switch type {
    case .text, .path: return object(["type": named("string"), "minLength": 1, "pattern": "\\S"])
    case .freeText: return object(["type": "string"])
    case .boolean: return object(["type": named("boolean")])
    case .date: return object(["type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"])
    case .integer(let range):
      return object([
        "type": named("integer"), "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
      ])
    case .number(let range):
      var schema = object(["type": named("number")])
      switch range {
      case .positive: schema["exclusiveMinimum"] = 0
      case .notNegative: schema["minimum"] = 0
      case .shareAboveZero:
        schema["exclusiveMinimum"] = 0
        schema["maximum"] = 1
      case .shareBelowOne:
        schema["minimum"] = 0
        schema["exclusiveMaximum"] = 1
      }
      return schema
    case .choice(let names, _): return object(["enum": .array(names.map(JSONValue.string))])
    case .section(let section): return schema(of: section)
    case .textOrSection(let section):
      var schema = schema(of: section)
      schema["type"] = .array(["string", "object"] + (isNullable ? ["null"] : []))
      schema["minLength"] = 1
      return schema
    case .list(let section, let atLeastOne):
      var list = object(["type": "array", "items": .object(schema(of: section))])
      if atLeastOne { list["minItems"] = 1 }
      return list
    case .other(let schema, _): return schema
    }
  }

  private static func schema(of section: SectionDescription) -> JSONObject {
    var schema = object(["type": "object", "additionalProperties": false])
    let required = section.keys.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { schema["required"] = .array(required) }
    schema["properties"] = .object(
      JSONObject(section.keys.map { .init(key: $0.name, value: self.schema(of: $0)) }))
    for rule in section.rules.members { schema[rule.key] = rule.value }
    return schema
  }

  private static func object(_ value: JSONValue) -> JSONObject { value.object ?? JSONObject() }

  /// Markdown as plain text: links as their words, and no marks of code.
  private static func plain(_ markdown: String) -> String {
    markdown.replacing(/\[([^\]]*)\]\([^)]*\)/, with: { $0.output.1 }).replacing("`", with: "")
  }
}

extension JSONValue {
  /// This object with the members of another one added.
  fileprivate func adding(_ other: JSONValue) -> JSONValue {
    var object = object ?? JSONObject()
    for member in other.object?.members ?? [] { object[member.key] = member.value }
    return .object(object)
  }
}
