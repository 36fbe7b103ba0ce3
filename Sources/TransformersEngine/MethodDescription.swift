import Compute
import Decoding
import EngineContract
import Foundation
import JSON
import ModelFiles
import Stages

/// A method as the worker is told it: its streams and rule as JSON, and the tensors that they name.
struct MethodDescription {
  private(set) var tensors: [String: SafetensorsTensor] = [:]
  private var streams: [JSONValue] = []
  private let rule: JSONValue
  private let hasReference: Bool

  /// Describes a method without gates.
  /// - Parameters:
  ///   - reference: A stream behind the method's own that its rule does not see.
  ///   - name: The loaded model's name of each stream's model.
  init(
    _ method: MethodSetup, reference: EngineStream? = nil, name: (EngineStream.Model) throws -> String
  ) throws {
    rule = try Self.rule(of: method.parameters)
    hasReference = reference != nil
    for stream in method.streams + [reference].compactMap(\.self) {
      var described = JSONObject()
      described["model"] = .string(try name(stream.model))
      described["prompt"] = .array(stream.prompt.map { part($0) })
      if case .adapted(let file) = stream.model { described["adapter"] = Self.adapter(file, into: &tensors) }
      described["edits"] = .array(stream.edits.map { edit($0) })
      streams.append(.object(described))
    }
  }

  /// The rule that parameters name, as the worker is told it.
  static func rule(of parameters: MethodParameters?) throws -> JSONValue {
    let rule: any CombinationRule = parameters?.rule ?? LinearRule.single
    return try rule.description()
  }

  /// The description.
  var value: JSONValue { ["streams": .array(streams), "rule": rule, "hasReference": .boolean(hasReference)] }

  private mutating func part(_ part: PromptPart) -> JSONValue {
    switch part {
    case .tokens(let tokens): return ["tokens": .array(tokens.map(JSONValue.integer))]
    case .rows(let rows):
      return ["rows": .string(keep(SafetensorsTensor(shape: [rows.rows, rows.columns], values: rows.values)))]
    }
  }

  /// Keeps a tensor under a name that equal ones share: streams that are the same are then told the same.
  private mutating func keep(_ tensor: SafetensorsTensor) -> String {
    if let name = tensors.first(where: { $0.value == tensor })?.key { return name }
    let name = "tensor\(tensors.count)"
    tensors[name] = tensor
    return name
  }

  private mutating func edit(_ edit: StateEdit) -> JSONValue {
    let direction = JSONValue.string(keep(SafetensorsTensor(shape: [edit.direction.count], values: edit.direction)))
    switch edit.change {
    case .add(let scale, let block):
      return ["block": .integer(block), "scale": .number(Double(scale)), "direction": direction]
    case .ablate: return ["direction": direction]
    }
  }

  /// An adapter as the worker is told it.
  /// - Parameter tensors: Gets its matrices.
  static func adapter(_ file: LoraAdapterFile, into tensors: inout [String: SafetensorsTensor]) -> JSONValue {
    let name = "adapter\(tensors.count)"
    for (layer, pairs) in file.layers.enumerated() {
      for (module, pair) in zip(file.modules, pairs) {
        tensors["\(name).\(layer).\(module).A"] = pair.a
        tensors["\(name).\(layer).\(module).B"] = pair.b
      }
    }
    let rank = Double(file.rank)
    return [
      "name": .string(name), "layers": .integer(file.layers.count),
      "modules": .array(file.modules.map(JSONValue.string)),
      "scale": .number(file.alpha / (file.isRankStabilized ? rank.squareRoot() : rank)),
    ]
  }
}

extension CombinationRule {
  /// The rule as the worker is told it.
  fileprivate func description() throws -> JSONValue {
    switch self {
    case let rule as LinearRule:
      return [
        "kind": "linear", "own": .number(Double(rule.own)),
        "factors": .array(rule.factors.map { .number(Double($0)) }), "plausibility": .number(rule.plausibility),
        "steps": .integer(rule.steps),
      ]
    case let rule as DivergenceRule:
      return [
        "kind": "divergence", "alpha": .number(rule.alpha), "plausibility": .number(rule.plausibility),
        "steps": .integer(rule.steps),
      ]
    case let rule as AgreementRule:
      return [
        "kind": "agreement", "alpha": .number(rule.alpha), "agreement": .number(rule.agreement),
        "plausibility": .number(rule.plausibility), "steps": .integer(rule.steps),
      ]
    case let rule as SharedCandidatesRule:
      return [
        "kind": "sharedCandidates", "alpha": .number(rule.alpha), "candidates": .integer(rule.candidates),
        "steps": .integer(rule.steps),
      ]
    default:
      throw TransformersError.unsupported(
        what: "combine streams by \(type(of: self))", advice: "take another method, or the engine native")
    }
  }
}
