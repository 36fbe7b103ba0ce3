import Compute
package import LanguageModel
import ModelFiles

/// The catalog's default model, found (or fetched) and loaded once for all tests of a run.
package enum RealModel {
  private static let file: Result<GGUFFile, any Error> = Result {
    do {
      let watch = FetchWatch(note: { print("tests: \($0)") })
      return try GGUFFile(path: ModelCatalog.resolve("smollm2", watch: watch).path)
    } catch {
      print("tests: SKIPPING the tests on the real model: \(error)")
      throw error
    }
  }
  private static let model = Result { try load(threads: 2) }

  /// Whether the tests on the real model can run; where not, the reason is printed.
  package static var isAvailable: Bool { (try? file.get()) != nil }

  /// What to write beside a test that is left out.
  package static let reason = "the catalog's model can't be had; the reason is printed above"

  /// The model on two threads, shared by all tests.
  package static func shared() throws -> LanguageModel { try model.get() }

  /// The model on so many threads, loaded anew.
  package static func load(threads: Int) throws -> LanguageModel {
    try LanguageModel(file: file.get(), context: ComputeContext(threads: threads))
  }
}
