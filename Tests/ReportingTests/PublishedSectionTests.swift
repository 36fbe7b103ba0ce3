import Experiments
import Records
import Testing

@testable import Reporting

struct PublishedSectionTests {
  private func results() throws -> ExperimentResults {
    let samples = try SampleStore()
    let record = try #require(try samples.store.experiment(samples.alphaSweep()))
    return ExperimentResults(record)
  }

  @Test func printsTheValueBesideOurs() throws {
    let manifest = try Manifest(
      parsing: #"""
        {"name": "alpha", "sweep": {"decoding.alpha": [0, 0.2, 0.4]},
         "published": [{"name": "Model <A>", "source": "somewhere, Table 1",
           "values": {"α 0.2": {"held-out harmful": 0.93}}}]}
        """#)
    let text = try #require(
      PublishedSection(results: try results(), published: manifest.published).markdown)
    #expect(text.contains("| `α 0.2`"))
    #expect(text.contains("0.83 [0.73, 0.92] |"))
    #expect(text.contains("| 0.93 |") || text.contains(" 0.93 |"))
    #expect(!text.contains("α 0.4"), "cells without a published value have no row")
    #expect(!text.contains("<A>") && text.contains("somewhere, Table 1"))
  }

  @Test func aManifestWithoutAnyHasNoSection() throws {
    #expect(PublishedSection(results: try results(), published: []).markdown == nil)
  }

  @Test(arguments: [
    (#"{"α 0.3": {"held-out harmful": 0.9}}"#, "published[0].values.α 0.3"),
    (#"{"α 0": {"held-out": 0.9}}"#, "published[0].values.α 0.held-out"),
    (#"{"α 0": {"held-out harmful": 90}}"#, "expected a number from 0 to 1"),
  ])
  func namesThatTheManifestDoesNotHaveAreRefused(values: String, message: String) {
    let error = #expect(throws: ManifestError.self) {
      try Manifest(
        parsing: #"""
          {"name": "x", "sweep": {"decoding.alpha": [0, 0.2]},
           "published": [{"name": "a", "source": "b", "values": \#(values)}]}
          """#)
    }
    #expect(error?.description.contains(message) == true)
  }
}
