import Experiments
import JSON
import Testing

@Suite struct GivenSettingsTests {
  private let manifest = """
    { "name": "a", "model": "smollm2", "tuning": { "steps": 3 }, "sweep": { "decoding.alpha": [0, 0.4] } }
    """

  private func applied(_ settings: String...) throws -> Manifest {
    try Manifest(parsing: GivenSettings(settings).applied(to: manifest, named: "a.json"), named: "a.json")
  }

  private func message(_ settings: String...) -> String {
    do {
      _ = try Manifest(parsing: GivenSettings(settings).applied(to: manifest, named: "a.json"), named: "a.json")
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func noSettingLeavesTheTextAsItIs() throws {
    #expect(try GivenSettings().applied(to: manifest) == manifest)
  }

  @Test func aSettingStandsInPlaceOfTheManifests() throws {
    let changed = try applied("model=other", "seed=7", "tuning.steps=12", "anchors.refusalSource=sampled")
    #expect(changed.settings.model == "other")
    #expect(changed.settings.seed == 7)
    #expect(changed.settings.tuning.steps == 12)
    #expect(changed.cells.count == 2)
  }

  @Test func anAxisGetsOtherValues() throws {
    #expect(try applied("sweep.decoding.alpha=[0.1, 0.2, 0.3]").sweep.map(\.values.count) == [3])
  }

  @Test(arguments: [
    ("model", "--set: found \"model\", expected PATH=VALUE, such as decoding.alpha=0.4"),
    (
      "modle=x",
      "--set modle: found the unknown key \"modle\", expected a known key (did you mean \"model\"?)"
    ),
    (
      "decoding.alpha=1",
      "a.json: --set decoding.alpha: found a setting that the manifest sweeps, expected one that it does not, "
        + "or --set 'sweep.decoding.alpha=[…]' for other values"
    ),
    (
      "sweep.seed=[1]",
      "a.json: --set sweep.seed: found a setting that the manifest does not sweep, expected one of sweep.decoding.alpha"
    ),
    ("tuning.steps=many", "a.json: tuning.steps: found \"many\", expected a whole number from 0 to 1000000"),
  ])
  func whatDoesNotFitIsRefused(setting: String, expected: String) {
    #expect(message(setting) == expected)
  }
}
