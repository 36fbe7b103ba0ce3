package import Foundation

extension ArtifactStore {
  /// The folder of the store that an option names; where none does, what `ANTIPODE_STORE` says, or `.antipode` in the
  /// current folder.
  package static func folder(
    _ option: String?, environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> URL {
    URL(fileURLWithPath: option ?? environment["ANTIPODE_STORE"].flatMap { $0.isEmpty ? nil : $0 } ?? ".antipode")
  }
}
