/// One model of the catalog: what it is called, where it comes from, and the hashes that say it is the one.
package struct CatalogEntry: Sendable, Hashable {
  /// The model's name in manifests and on the command line, and of its file in the cache.
  package let name: String
  /// Other names that mean the same model.
  package let aliases: [String]
  /// The model's name on the Hugging Face hub, with the weights that were quantized; nil where it has none.
  package let hubName: HubName?
  /// The terms that the weights are under.
  package let license: ModelLicense
  /// The parts that make the GGUF file when they are joined in this order.
  package let parts: [CatalogPart]
  /// The SHA-256 of the GGUF file, lower-case hexadecimal.
  package let sha256: String

  /// Makes an entry of its parts.
  package init(
    name: String, aliases: [String], hubName: HubName?, license: ModelLicense, parts: [CatalogPart], sha256: String
  ) {
    self.name = name
    self.aliases = aliases
    self.hubName = hubName
    self.license = license
    self.parts = parts
    self.sha256 = sha256
  }

  /// The size of the GGUF file.
  package var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }
}
