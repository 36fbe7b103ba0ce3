package import Fingerprints
package import Foundation
import JSON

/// What was submitted together: `submission.json` in its folder in the store.
package struct Submission: Sendable, Hashable, Codable {
  /// The folder's name.
  package var name: String
  /// The experiments.
  package var experiments: [Fingerprint]
  /// Who, and from which host.
  package var user: String
  package var host: String
  package var date: Date
  /// The arrays of jobs, those that were submitted with their numbers.
  package var arrays: [SlurmArray]

  package init(name: String, experiments: [Fingerprint], user: String, host: String, arrays: [SlurmArray]) {
    self.name = name
    self.experiments = experiments
    self.user = user
    self.host = host
    self.arrays = arrays
    date = Date()
  }

  /// The numbers of the jobs.
  package var jobs: [String] { arrays.compactMap(\.job) }
  /// How many tasks there are.
  package var tasks: Int { arrays.reduce(0) { $0 + $1.count } }
}
