import Messages

/// What keeps the tools from their work, beyond what the wings below report themselves.
package enum WorkbenchError: Error, Sendable, CustomStringConvertible {
  /// A file that a command or manifest names is nowhere.
  case missingFile(path: String, tried: [String])
  /// A file can't be read.
  case unreadable(path: String, reason: String)
  /// A data file is not what it should be.
  case malformed(path: String, place: String, found: String, expected: String)
  /// Fewer instructions than a manifest asks for.
  case tooFew(path: String, found: Int, wanted: Int, key: String)
  /// No answers of a kind that tuning needs.
  case emptyAnchorSet(category: String, advice: String)
  /// The loss or its gradient is no longer a number.
  case diverged(step: Int, learningRate: Double)
  /// The user pressed Ctrl-C.
  case interrupted
  /// A value on the command line that can't be.
  case badOption(name: String, found: String, expected: String)
  /// No tuned prompts where a command needs them.
  case noPrompts(detail: String)
  /// Tuned prompts of another model.
  case foreignPrompts(found: Int, expected: Int)
  /// Something that does not fit in memory. Sizes in bytes.
  case tooLittleMemory(what: String, needed: Int, available: Int, advice: String)
  /// A store that a run is using, where one must have it to oneself.
  case storeInUse(path: String)
  /// A second model that reads text otherwise than the target.
  case foreignTokenizer(model: String)

  /// The message for the user.
  package var description: String {
    switch self {
    case .missingFile(let path, let tried):
      "\(path): no such file; looked for \(tried.joined(separator: ", ")). Give a path that exists, relative to the "
        + "current folder or to the manifest's."
    case .unreadable(let path, let reason):
      "\(path): can't be read (\(reason))"
    case .malformed(let path, let place, let found, let expected):
      "\(path): \(place): found \(found), expected \(expected)"
    case .tooFew(let path, let found, let wanted, let key):
      "\(path): found \(found) instructions, expected at least \(wanted), which \(key) asks for; lower it or add to the file"
    case .emptyAnchorSet(let category, let advice):
      "The anchors hold no pair that is \(category). \(advice)"
    case .diverged(let step, let learningRate):
      "Tuning diverged: at step \(step) the loss or its gradient was not a finite number, at a learning rate of "
        + "\(learningRate). Lower tuning.learningRate, or set tuning.gradientClip."
    case .interrupted:
      "Interrupted. Everything that was finished is kept; the same command goes on from there."
    case .badOption(let name, let found, let expected):
      "\(name): found \(found), expected \(expected)"
    case .noPrompts(let detail):
      "\(detail) Tune prompts with `swift run tune Experiments/alpha.json`, or name an experiment that `ablate list` shows."
    case .foreignPrompts(let found, let expected):
      "The prompts are \(found) wide and the model is \(expected): they were tuned for another model. Name prompts of this "
        + "model, or the model that they were tuned for with --model."
    case .tooLittleMemory(let what, let needed, let available, let advice):
      "\(what) needs about \(ByteCount(needed)) of memory, and \(ByteCount(available)) are free. \(advice)"
    case .storeInUse(let path):
      "\(path): a run is using this store; wait for it to end, and try again."
    case .foreignTokenizer(let model):
      "\(model): its tokens are not the target's, so their logits can't be combined; take a model of the target's family"
    }
  }
}
