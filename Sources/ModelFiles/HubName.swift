/// A repository on the Hugging Face hub, `OWNER/NAME`, which is what transformers and PEFT load a model by.
package struct HubName: Sendable, Hashable {
  /// The owner's name, a slash, the repository's.
  package let text: String

  /// The repository that a text names, by itself or as an address on huggingface.co; nil where it names none.
  package init?(_ text: String) {
    var rest = text[...]
    for address in ["https://huggingface.co/", "http://huggingface.co/", "hf.co/"] where rest.hasPrefix(address) {
      rest = rest.dropFirst(address.count)
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    let parts = rest.split(separator: "/", omittingEmptySubsequences: false)
    // What the hub allows: a path on a disk with one slash can still look like it, but none that begins with one.
    let allowed = #/[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?/#
    guard parts.count == 2, parts.allSatisfy({ $0.wholeMatch(of: allowed) != nil }) else { return nil }
    self.text = String(rest)
  }

  /// Where a GGUF file says that its weights are from. `general.base_model` is not it: there a tuned model names the
  /// one that it was tuned from.
  package init?(source file: GGUFFile) {
    let keys = ["general.source.huggingface.repository", "general.source.repo_url", "general.source.url"]
    let names = keys.lazy.compactMap { key in (try? file.optionalString(key)).flatMap { HubName($0) } }
    guard let name = names.first else { return nil }
    self = name
  }

  /// What transformers writes into config.json of the name that a model was loaded by.
  package init?(source folder: CheckpointFolder) {
    guard let node = try? folder.configuration.optional("_name_or_path"), let text = try? node.string() else {
      return nil
    }
    self.init(text)
  }
}
