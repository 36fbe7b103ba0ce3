package import Foundation

/// The Python that the worker runs in: `ANTIPODE_ENGINE` names it, or `make engine` made it in the cache folder.
package struct PythonEnvironment: Sendable {
  /// The Python.
  package let python: URL

  /// The variable that names another Python, or the folder of a virtual environment.
  package static let variable = "ANTIPODE_ENGINE"
  /// The environment's folder in the cache.
  package static let folder = "engine"

  /// Finds it.
  /// - Parameters:
  ///   - cache: The folder for what can be fetched again.
  ///   - variables: The environment variables.
  /// - Throws: ``TransformersError/noEnvironment(path:)``
  package init(cache: URL, variables: [String: String]) throws(TransformersError) {
    let place =
      variables[Self.variable].flatMap { $0.isEmpty ? nil : URL(fileURLWithPath: $0) }
      ?? cache.appendingPathComponent(Self.folder)
    let candidates = [place, place.appendingPathComponent("bin/python")]
    var isFolder: ObjCBool = false
    guard
      let python = candidates.first(where: {
        FileManager.default.isExecutableFile(atPath: $0.path)
          && FileManager.default.fileExists(atPath: $0.path, isDirectory: &isFolder) && !isFolder.boolValue
      })
    else { throw .noEnvironment(path: place.path) }
    self.python = python
  }
}
