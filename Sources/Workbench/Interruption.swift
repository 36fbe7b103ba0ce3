import Foundation
import Synchronization

/// Ctrl-C, noticed between steps: what is being computed stops cleanly and what was finished stays.
package enum Interruption {
  private static let requested = Atomic(false)
  private static let endsAtSecond = Atomic(true)

  /// Takes over SIGINT and SIGTERM. A second one ends the process at once.
  /// - Parameter isPatient: A second one changes nothing: for a process that gets each signal several times.
  package static func install(isPatient: Bool = false) {
    endsAtSecond.store(!isPatient, ordering: .relaxed)
    // A program that is started from another one's worker thread inherits that thread's mask, which may block them.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        let isSecond = Interruption.requested.exchange(true, ordering: .relaxed)
        if isSecond && Interruption.endsAtSecond.load(ordering: .relaxed) {
          signal(number, SIG_DFL)
          raise(number)
        }
      }
    }
  }

  /// Whether a signal has come.
  package static var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Throws ``WorkbenchError/interrupted`` once a signal has come.
  package static func check() throws(WorkbenchError) {
    if isRequested { throw .interrupted }
  }
}
