package import ArgumentParser

/// With what is computed, and what is told meanwhile.
package struct ComputeOptions: ParsableArguments {
  /// How many threads; nil for all cores.
  @Option(name: .long, help: "The number of threads (default: all cores). It does not affect results.")
  package var threads: Int?

  @OptionGroup private var progress: ProgressOption

  /// Whether no progress is told.
  package var quiet: Bool { progress.quiet }

  package init() {}

  /// Checks the values.
  package func validate() throws {
    if let threads, threads < 1 { throw ValidationError("--threads: found \(threads), expected at least 1") }
  }
}

/// What is told while something is done.
package struct ProgressOption: ParsableArguments {
  /// Whether no progress is told.
  @Flag(name: .long, help: "Print no progress on standard error.")
  package var quiet = false

  package init() {}
}
