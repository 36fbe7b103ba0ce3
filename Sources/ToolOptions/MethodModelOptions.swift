package import ArgumentParser
package import JSON
package import Stages

/// What methods use besides the model itself.
package struct MethodModelOptions: ParsableArguments {
  @Option(name: .long, help: "The second model, for methods that use one, by name or path.")
  private var secondModel: String?

  @Option(name: .long, help: "The third model, for methods that use one, by name or path.")
  private var thirdModel: String?

  /// The adapter of methods that have one.
  @Option(
    name: .long,
    help: "The adapter, for methods that use one: its hash, an experiment's hash, or the path of a PEFT folder.")
  package var adapter: String?

  package init() {}

  /// What a manifest's section `decoding` says of the models.
  package var section: JSONObject {
    var section = JSONObject()
    section["secondModel"] = secondModel.map(JSONValue.string)
    section["thirdModel"] = thirdModel.map(JSONValue.string)
    return section
  }
}

extension ProductPrecision: ExpressibleByArgument {}
