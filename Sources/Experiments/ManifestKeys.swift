/// The keys that a manifest may have.
package enum ManifestKeys {
  /// All keys of the top level, in the order of the documentation.
  static let top: [KeyDescription] =
    Manifest.Heading.description.keys + Settings.description.keys + Manifest.Tail.description.keys

  /// Every key as a dotted path, sections included, in the order of the documentation. The keys of an evaluation
  /// set stand under `evaluation.sets[]`.
  package static let all: [String] = paths(of: top, under: "")

  /// The paths that a sweep or a baseline may override: every setting and every section of settings.
  package static let settable: [String] = settings.filter { !$0.contains("[") }

  /// Every setting, those of an evaluation set and of a judge too, which are overridden with their whole list.
  package static let settings: [String] = paths(of: Settings.description.keys, under: "")

  /// What is declared of a setting, by its path in ``settings``; nil for none.
  package static func description(of path: String) -> KeyDescription? {
    func find(_ path: Substring, among keys: [KeyDescription]) -> KeyDescription? {
      for key in keys {
        if path == key.name { return key }
        guard let inner = key.inner, path.hasPrefix(key.name + inner.path) else { continue }
        return find(path.dropFirst((key.name + inner.path).count), among: inner.keys)
      }
      return nil
    }
    return find(path[...], among: Settings.description.keys)
  }

  private static func paths(of keys: [KeyDescription], under place: String) -> [String] {
    keys.flatMap { key in
      [place + key.name] + (key.inner.map { paths(of: $0.keys, under: place + key.name + $0.path) } ?? [])
    }
  }
}
