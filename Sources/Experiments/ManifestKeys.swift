/// The keys that a manifest may have.
package enum ManifestKeys {
  /// Every key as a dotted path, sections included, in the order of the documentation. The keys of an evaluation
  /// set stand under `evaluation.sets[]`.
  package static let all: [String] =
    Manifest.Key.allCases.map(\.rawValue).flatMap { [$0] + beneath[$0, default: []] }

  /// The paths that a sweep or a baseline may override: every setting and every section of settings.
  package static let settable: [String] = all.filter { path in
    let top = path.prefix { $0 != "." }
    return !["$schema", "name", "question", "comment", "sweep", "baselines", "published"].contains(top)
      && !path.contains("[")
  }

  private static let beneath: [String: [String]] = [
    "published": paths(PublishedValues.Key.self, under: "published[]"),
    "anchors": paths(AnchorSettings.Key.self, under: "anchors"),
    "tuning": paths(TuningSettings.Key.self, under: "tuning").flatMap { path in
      switch path {
      case "tuning.initialization": [path] + paths(InitializationSettings.Key.self, under: path)
      case "tuning.weights": [path] + paths(TuningSettings.Weights.Key.self, under: path)
      default: [path]
      }
    },
    "adapter": paths(AdapterTuning.Key.self, under: "adapter"),
    "decoding": paths(DecodingSettings.Key.self, under: "decoding"),
    "evaluation": paths(EvaluationSettings.Key.self, under: "evaluation").flatMap { path in
      switch path {
      case "evaluation.sets": [path] + paths(EvaluationSet.Key.self, under: "evaluation.sets[]")
      case "evaluation.judges":
        [path]
          + paths(JudgeSettings.Key.self, under: "evaluation.judges[]").flatMap { key in
            key.hasSuffix(".endpoint") ? [key] + paths(EndpointSettings.Key.self, under: key) : [key]
          }
      default: [path]
      }
    },
  ]

  private static func paths<Key: RawRepresentable<String> & CaseIterable>(
    _ keys: Key.Type, under place: String
  ) -> [String] {
    keys.allCases.map { "\(place).\($0.rawValue)" }
  }
}
