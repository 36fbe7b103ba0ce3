import Evaluation
import Experiments
import LanguageModel
import ModelFiles
import Records
import Tokenization

/// The exit statuses of the tools.
package enum ExitStatus: Int32, Sendable {
  /// Done.
  case done = 0
  /// A failure of none of the kinds below.
  case failed = 1
  /// A rerun whose outputs differ.
  case differs = 2
  /// Some cells failed.
  case cellsFailed = 3
  /// Bad usage.
  case usage = 64
  /// A bad manifest, model file or data.
  case badData = 65
  /// A missing input.
  case missingInput = 66
  /// Something that can't be written.
  case cannotWrite = 73
  /// Interrupted but resumable.
  case interrupted = 75

  /// The status that an error ends a tool with.
  package init(for error: any Error) {
    self =
      switch error {
      case let error as WorkbenchError:
        switch error {
        case .missingFile, .noPrompts: .missingInput
        case .interrupted: .interrupted
        case .storeInUse: .interrupted
        case .tooLittleMemory: .missingInput
        case .badOption: .usage
        case .unreadable, .malformed, .tooFew, .emptyAnchorSet, .foreignPrompts, .foreignTokenizer, .diverged: .badData
        }
      case is ManifestError, is EvaluationError, is LanguageModelError, is TokenizationError: .badData
      case let error as BenchmarkError:
        switch error {
        case .unknownName: .usage
        case .missing, .notInFolder, .httpStatus, .notDownloaded, .inaccessible: .missingInput
        case .wrongHash, .wrongSize: .badData
        }
      case let error as ChatEndpointError:
        switch error {
        case .noKey: .missingInput
        case .refused, .failed: .failed
        }
      case let error as ModelFileError:
        switch error {
        case .unknownModel, .unavailable, .unreadable: .missingInput
        case .unwritable: .cannotWrite
        default: .badData
        }
      case let error as RecordsError:
        switch error {
        case .notAPrefix: .usage
        case .nothingMatches, .severalMatch: .missingInput
        case .cannotWrite: .cannotWrite
        default: .badData
        }
      default: .failed
      }
  }
}
