import ArgumentParser
package import Records

/// Where artifacts are kept.
package struct StoreOption: ParsableArguments {
  @Option(name: .long, help: "The folder of the artifact store (default: $ANTIPODE_STORE, or .antipode).")
  private var store: String?

  package init() {}

  /// The store.
  package var artifacts: ArtifactStore { ArtifactStore(folder: ArtifactStore.folder(store)) }
}

/// Where artifacts are kept, and in which form the store is told about.
package struct StoreOptions: ParsableArguments {
  @OptionGroup private var place: StoreOption

  /// Whether a JSON document is printed.
  @Flag(name: .long, help: "Print one JSON document on standard output.")
  package var json = false

  package init() {}

  /// The store.
  package var artifacts: ArtifactStore { place.artifacts }
}
