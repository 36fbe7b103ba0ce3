import Foundation

/// An experiment on the real model that is too small to show anything and passes through every station.
enum SmallExperiment {
  /// A folder that is there as long as the process; the system empties its parent.
  static func folder() throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("antipode-tools-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }

  /// Writes the manifest and its two evaluation sets.
  /// - Returns: The manifest's path.
  static func write(in folder: URL, changes: [String: Any] = [:]) throws -> String {
    for set in ["harmful", "harmless"] {
      let lines = try String(
        contentsOf: Tool.repository.appendingPathComponent("Anchors/held-out-\(set).jsonl"), encoding: .utf8
      ).split(separator: "\n").prefix(3)
      try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: folder.appendingPathComponent("\(set).jsonl"))
    }
    var manifest: [String: Any] = [
      "name": "small", "question": "Does the path hold?",
      "anchors": ["size": 5, "maximumTokens": 4],
      "tuning": [
        "initialization": ["kind": "text", "length": 6], "steps": 4, "pairsPerStep": 3, "validationEvery": 2,
        "validationShare": 0.2,
      ],
      "decoding": ["maximumTokens": 6],
      "evaluation": [
        "sets": [
          ["name": "harmful", "kind": "harmful", "file": "harmful.jsonl"],
          ["name": "harmless", "kind": "harmless", "file": "harmless.jsonl"],
        ]
      ],
      "sweep": ["decoding.alpha": [0, 0.4]],
      "baselines": [["decoding.method": "base"]],
    ]
    for (key, value) in changes { manifest[key] = value }
    // Where noise begins takes more answers than all that these tests ask for.
    if var evaluation = manifest["evaluation"] as? [String: Any], evaluation["fluency"] == nil {
      evaluation["fluency"] = false
      manifest["evaluation"] = evaluation
    }
    let path = folder.appendingPathComponent("small.json")
    try JSONSerialization.data(withJSONObject: manifest, options: [.sortedKeys]).write(to: path)
    return path.path
  }

  /// The experiment, run once for all tests that only look at it.
  struct Run: Sendable {
    let folder: URL
    let manifest: String
    let store: URL
    let output: String
    let messages: String
    let status: Int32
    /// The experiment's hash, as the tool printed it.
    let hash: String
  }

  /// The run that tests share; none may change its store.
  static func shared() throws -> Run { try run.get() }

  private static let run = Result<Run, any Error> {
    let folder = try Self.folder()
    let manifest = try write(in: folder), store = folder.appendingPathComponent("store")
    let outcome = try Tool.ablate.run([manifest], store: store)
    let hash = outcome.output.split(separator: "\n").first { $0.hasPrefix("experiment ") }?.dropFirst(11) ?? ""
    return Run(
      folder: folder, manifest: manifest, store: store, output: outcome.output, messages: outcome.messages,
      status: outcome.status, hash: String(hash))
  }
}
