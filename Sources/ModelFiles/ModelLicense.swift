/// The terms that a model's weights are under.
package struct ModelLicense: Sendable, Hashable {
  /// The SPDX identifier where there is one, else what the terms call themselves.
  package let name: String
  /// Where they are to be read.
  package let address: String

  /// Names terms.
  package init(name: String, address: String) {
    self.name = name
    self.address = address
  }

  package static let apache2 = ModelLicense(
    name: "Apache-2.0", address: "https://www.apache.org/licenses/LICENSE-2.0")
  package static let gemma = ModelLicense(name: "Gemma Terms of Use", address: "https://ai.google.dev/gemma/terms")
}
