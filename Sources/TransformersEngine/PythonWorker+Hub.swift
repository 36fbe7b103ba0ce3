import JSON
package import ModelFiles

extension PythonWorker {
  /// A model of the hub as it was fetched.
  package struct FetchedModel: Sendable, Hashable {
    /// The folder.
    package var path: String
    /// The commit that its files are of.
    package var commit: String
  }

  /// Fetches a model into the cache of Hugging Face's own library, as far as it is not there.
  /// - Parameters:
  ///   - revision: A branch, tag or commit; nil for the main branch.
  ///   - watch: Told how far it is, and asked whether to stop.
  package func fetch(_ model: HubName, revision: String?, watch: FetchWatch) throws -> FetchedModel {
    try started()
    var arguments = JSONObject()
    arguments["model"] = .string(model.text)
    arguments["revision"] = revision.map(JSONValue.string)
    func stopIfAsked() throws {
      if watch.isInterrupted() { throw ModelFileError.interruptedFetch(model: model.text, whole: 0, parts: 1) }
    }
    let found = try call("fetch", .object(arguments), watch: stopIfAsked) { event in
      guard let bytes = event["bytes"]?.integer, let total = event["total"]?.integer else { return }
      watch.onProgress(
        FetchProgress(part: 1, parts: 1, bytes: bytes, total: total, earlier: event["earlier"]?.integer ?? 0))
    }
    guard let path = found["path"]?.string, let commit = found["commit"]?.string else {
      throw TransformersError.fault("it tells no folder of \(model.text)", log: "standard error")
    }
    return FetchedModel(path: path, commit: commit)
  }
}
