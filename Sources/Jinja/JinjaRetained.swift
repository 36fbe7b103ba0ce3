/// What may hold itself, by way of a macro or a namespace: it is emptied when the run ends, so that nothing of a run is
/// left behind.
protocol JinjaRetained: AnyObject {
  /// Whether the run holds it already.
  var isRetained: Bool { get set }
  /// Lets go of all values.
  func release()
}

extension JinjaScope: JinjaRetained {
  func release() { values = [:] }
}
