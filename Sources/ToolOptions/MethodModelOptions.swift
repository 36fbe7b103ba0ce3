package import ArgumentParser
package import JSON
package import Stages

/// What methods have besides the model that is asked for.
package struct MethodModelOptions: ParsableArguments {
  @Option(name: .long, help: "The second model of methods with two, by name or path.")
  private var secondModel: String?

  @Option(name: .long, help: "The third model of methods with three, by name or path.")
  private var thirdModel: String?

  /// The adapter of methods that have one.
  @Option(
    name: .long,
    help: "The adapter of methods that have one: its hash, an experiment's hash, or the path of a PEFT folder.")
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
