import JSON
package import Foundation

/// What is the site's own, and passed through: `slurm.json`, and options.
package struct SlurmSettings: Sendable, Hashable, Codable {
  /// Options of `sbatch`, each as it would stand behind `#SBATCH`.
  package var sbatch: [String]?
  /// Lines of the script before the worker is started, such as `module load openblas`.
  package var setup: [String]?
  /// How many tasks a wave has at most.
  package var jobs: Int?
  /// How many tasks run at once at most.
  package var atOnce: Int?

  package init() {}

  /// The name of the file.
  package static let fileName = "slurm.json"

  private enum CodingKeys: String, CodingKey, CaseIterable { case sbatch, setup, jobs, atOnce }

  /// Reads the JSON of a file. Throws `JSONSyntaxError`, `DecodingError`, or ``SweepError/slurmSettings(path:detail:)``
  /// for a key that there is not, or a line that is several.
  package init(parsing bytes: Data, path: String) throws {
    let value = JSONValue(try JSONElement(parsing: bytes))
    for key in value.object?.members.map(\.key) ?? [] where CodingKeys(rawValue: key) == nil {
      let keys = CodingKeys.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw SweepError.slurmSettings(path: path, detail: "found the key \"\(key)\", expected \(keys)")
    }
    self = try value.decoded()
    try check(path)
  }

  /// Throws for what no script can hold.
  package func check(_ path: String) throws(SweepError) {
    for line in (sbatch ?? []) + (setup ?? []) where line.contains(where: \.isNewline) {
      throw .slurmSettings(path: path, detail: "found a text of several lines, expected a line each")
    }
    for line in sbatch ?? [] where !line.hasPrefix("-") {
      throw .slurmSettings(path: path, detail: "found \"\(line)\" as an option of sbatch, expected it to begin with -")
    }
    for (name, number) in [("jobs", jobs), ("atOnce", atOnce)] {
      if let number, number < 1 {
        throw .slurmSettings(path: path, detail: "\(name): found \(number), expected at least 1")
      }
    }
  }

  /// These settings with others over them: their options stand behind, and so count; of the rest, what they name.
  package func overridden(by other: SlurmSettings) -> SlurmSettings {
    var result = self
    if let options = other.sbatch { result.sbatch = (sbatch ?? []) + options }
    if let lines = other.setup { result.setup = (setup ?? []) + lines }
    result.jobs = other.jobs ?? jobs
    result.atOnce = other.atOnce ?? atOnce
    return result
  }
}
