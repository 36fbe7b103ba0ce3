import Foundation

/// A model that is on disk, as a file, several files or a folder, and hashed.
package struct ResolvedModel: Sendable, Hashable {
  /// The catalog's name for it, the folder's name, or the file's without its extension and the number of its part.
  package let name: String
  /// Where the file or the folder is; of a split model, the part that was asked for.
  package let path: String
  /// The SHA-256 of the file, 64 lower-case hexadecimal digits. Of several files it is that of the lines
  /// "HASH  NAME", one for each in their order: by number for the parts of a split model, whose names are their
  /// numbers, and by name for the files of a folder.
  package let sha256: String

  /// Names a model whose hash is known.
  package init(name: String, path: String, sha256: String) {
    self.name = name
    self.path = path
    self.sha256 = sha256
  }
}

/// The models that can be named instead of pointed at. A named one is fetched once, checked by its hash, and kept in
/// the user's cache folder.
package struct ModelCatalog: Sendable {
  /// The models, in the order in which they are listed.
  package let entries: [CatalogEntry]

  /// Makes a catalog of entries whose names and aliases are all different.
  package init(entries: [CatalogEntry]) {
    self.entries = entries
  }

  /// Finds a model in the standard catalog or on disk. See the method of the same name.
  package static func resolve(
    _ nameOrPath: String, environment: [String: String] = ProcessInfo.processInfo.environment,
    watch: FetchWatch = FetchWatch()
  ) throws(ModelFileError) -> ResolvedModel {
    try standard.resolve(nameOrPath, environment: environment, watch: watch)
  }

  /// Finds a model, fetching it if it is of the catalog and not in the cache yet.
  ///
  /// The cache folder is `ANTIPODE_CACHE`, else `antipode` under `XDG_CACHE_HOME`, else `~/.cache/antipode`; the file
  /// is `models/NAME.gguf` in it. It appears there whole and checked or not at all; what an interrupted fetch leaves is
  /// `NAME.gguf.part`.
  /// - Parameters:
  ///   - nameOrPath: a name or alias of the catalog, or the path of a .gguf file, of any part of a split one, or of a
  ///     folder with config.json (`~/` stands for the home folder).
  ///   - environment: the environment variables that say where the cache, Python and pip are.
  ///   - watch: whom a fetch tells what it does, and how it is interrupted.
  /// - Returns: the model with its hash, taken just now; that of a large file that has not changed since an earlier
  ///   time is the one that the cache folder keeps.
  /// - Throws: `ModelFileError`: `.unknownModel`, `.unreadable`, `.unavailable`, `.wrongPart`, `.hashMismatch`,
  ///   `.interruptedFetch`, `.noRoom`, `.unwritable`; and for split models and folders all that opening them can throw.
  package func resolve(
    _ nameOrPath: String, environment: [String: String] = ProcessInfo.processInfo.environment,
    watch: FetchWatch = FetchWatch()
  ) throws(ModelFileError) -> ResolvedModel {
    if let entry = entries.first(where: { $0.name == nameOrPath || $0.aliases.contains(nameOrPath) }) {
      return try resolve(entry, environment: environment, watch: watch)
    }
    var path = nameOrPath
    if path.hasPrefix("~/") { path = Self.homeFolder(environment) + path.dropFirst() }
    let isPath = path.contains("/") || path.hasSuffix(".gguf") || FileManager.default.fileExists(atPath: path)
    guard isPath else { throw .unknownModel(name: nameOrPath, known: entries.map(\.name)) }
    let hash = ContentHash(cache: Self.cacheFolder(environment: environment) + "/hashes")
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      while path.count > 1, path.hasSuffix("/") { path.removeLast() }
      guard CheckpointFolder.isOne(at: path) else {
        throw .unreadable(
          path: path,
          reason: "it is a folder without config.json; expected a model's folder, or the path of a .gguf file")
      }
      let folder = path
      let files = try CheckpointFolder(path: path).files.map { (name: $0, path: "\(folder)/\($0)") }
      return ResolvedModel(
        name: URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent, path: path,
        sha256: try hash.files(files))
    }
    var name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    // Of a split model all parts count, by their numbers: the files may be called anything.
    let parts = GGUFSplit.isNamedAsPart(path) ? try GGUFFile(path: path).paths : [path]
    guard parts.count > 1 else { return ResolvedModel(name: name, path: path, sha256: try hash.file(path)) }
    name.removeLast("-00001-of-00001".count)
    let files = parts.enumerated().map { (name: "\($0 + 1)", path: $1) }
    return ResolvedModel(name: name, path: path, sha256: try hash.files(files))
  }

  /// The folder in which this program keeps what it can fetch again.
  /// - Parameter environment: the environment variables, of which `ANTIPODE_CACHE`, `XDG_CACHE_HOME` and `HOME` count.
  package static func cacheFolder(environment: [String: String]) -> String {
    if let folder = environment["ANTIPODE_CACHE"], !folder.isEmpty { return folder }
    // The XDG specification says that a relative path is to be ignored.
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") { return folder + "/antipode" }
    return homeFolder(environment) + "/.cache/antipode"
  }

  private static func homeFolder(_ environment: [String: String]) -> String {
    if let folder = environment["HOME"], !folder.isEmpty { return folder }
    return NSHomeDirectory()
  }

  private func resolve(
    _ entry: CatalogEntry, environment: [String: String], watch: FetchWatch
  ) throws(ModelFileError) -> ResolvedModel {
    let folder = Self.cacheFolder(environment: environment) + "/models"
    let path = "\(folder)/\(entry.name).gguf"
    if !FileManager.default.fileExists(atPath: path) {
      try ModelDownload(entry: entry, folder: folder, path: path, environment: environment, watch: watch).run()
    }
    let hash = try ContentHash(cache: Self.cacheFolder(environment: environment) + "/hashes").file(path)
    guard hash == entry.sha256 else {
      throw .hashMismatch(
        path: path, found: hash, expected: entry.sha256, advice: "delete it and run the command again to fetch it anew")
    }
    return ResolvedModel(name: entry.name, path: path, sha256: hash)
  }
}
