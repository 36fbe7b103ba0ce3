package import ArgumentParser

/// Settings in place of a manifest's own.
package struct SettingsOption: ParsableArguments {
  /// Texts of the form `PATH=VALUE`, as given.
  @Option(
    name: .customLong("set"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      """
      A setting in place of the manifest's, such as model=smollm2 or 'sweep.decoding.alpha=[0, 0.4]'; repeatable. The \
      experiment's record holds the manifest with it.
      """, valueName: "path=value"))
  package var settings: [String] = []

  package init() {}
}
