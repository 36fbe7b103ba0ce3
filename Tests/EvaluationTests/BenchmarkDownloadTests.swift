import FlyingFox
import FlyingSocks
import Foundation
import TestServer
import Testing

@testable import Evaluation

private let patience = LocalServer.patience

/// Downloads from a real HTTP server in this process.
struct BenchmarkDownloadTests {
  /// Runs the body with the server's address and a folder to download to.
  private func withServer(_ body: (String, BenchmarkFolder) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try await LocalServer.run { server in
      await server.appendRoute("GET /toy.txt") { _ in HTTPResponse(statusCode: .ok, body: Data(toyText.utf8)) }
      await server.appendRoute("GET /moved.txt") { _ in
        HTTPResponse(statusCode: .movedPermanently, headers: HTTPHeaders([.location: "/toy.txt"]))
      }
      await server.appendRoute("GET /wrong.txt") { _ in HTTPResponse(statusCode: .ok, body: Data("<html>".utf8)) }
      await server.appendRoute("GET /cut.txt") { _ in
        let body = CutBody(bytes: Array(toyText.utf8.prefix(20)))
        return HTTPResponse(statusCode: .ok, body: HTTPBodySequence(from: body, count: toyText.utf8.count))
      }
      await server.appendRoute("GET /slow.txt") { _ in
        try await Task.sleep(for: .seconds(20))
        return HTTPResponse(statusCode: .ok)
      }
    } _: { address in
      try await body(address, BenchmarkFolder(folder))
    }
  }

  @Test(arguments: ["toy.txt", "moved.txt"])
  func keepsTheRightFile(_ name: String) async throws {
    try await withServer { address, folder in
      let benchmark = toyBenchmark(address: "\(address)/\(name)")
      let verification = try await folder.install(downloading: benchmark, timeout: patience)
      #expect(verification == BenchmarkFolder.Verification(sha256: sha256(toyText), isVerified: true))
      #expect(try folder.data(of: benchmark) == Data(toyText.utf8))
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.folder.path) == ["toy.txt"])
    }
  }

  @Test func namesAddressAndStatus() async throws {
    try await withServer { address, folder in
      let benchmark = toyBenchmark(address: "\(address)/nothing.txt")
      let expected = BenchmarkError.httpStatus(benchmark: benchmark, status: 404)
      await #expect(throws: expected) { try await folder.install(downloading: benchmark, timeout: patience) }
      #expect("\(expected)".hasPrefix("\(address)/nothing.txt: the server answered with HTTP status 404"))
      #expect(!FileManager.default.fileExists(atPath: folder.folder.path))
    }
  }

  @Test func keepsNoWrongBytes() async throws {
    try await withServer { address, folder in
      let benchmark = toyBenchmark(address: "\(address)/wrong.txt")
      let wrongHash = BenchmarkError.wrongHash(
        benchmark: benchmark, place: benchmark.address, found: sha256("<html>"))
      await #expect(throws: wrongHash) { try await folder.install(downloading: benchmark, timeout: patience) }

      let unverified = toyBenchmark(address: benchmark.address, sha256: nil)
      let wrongSize = BenchmarkError.wrongSize(
        benchmark: unverified, part: unverified.parts[0], path: unverified.address, found: 1)
      await #expect(throws: wrongSize) { try await folder.install(downloading: unverified, timeout: patience) }
      #expect(!FileManager.default.fileExists(atPath: folder.folder.path))
    }
  }

  @Test func leavesAnEarlierFileAlone() async throws {
    try await withServer { address, folder in
      try await folder.install(downloading: toyBenchmark(address: "\(address)/toy.txt"), timeout: patience)
      for name in ["wrong.txt", "cut.txt", "nothing.txt"] {
        await #expect(throws: BenchmarkError.self) {
          try await folder.install(downloading: toyBenchmark(address: "\(address)/\(name)"), timeout: patience)
        }
      }
      #expect(try folder.data(of: toyBenchmark()) == Data(toyText.utf8))
    }
  }

  @Test(arguments: [true, false])
  func keepsNoHalfFile(hasHash: Bool) async throws {
    try await withServer { address, folder in
      let benchmark = toyBenchmark(address: "\(address)/cut.txt", sha256: hasHash ? sha256(toyText) : nil)
      let error = await #expect(throws: BenchmarkError.self) {
        try await folder.install(downloading: benchmark, timeout: patience)
      }
      #expect(error?.description.hasPrefix("\(benchmark.address): Toy could not be downloaded (") == true)
      #expect(!FileManager.default.fileExists(atPath: folder.folder.path))
    }
  }

  @Test func waitsNoLongerThanTold() async throws {
    try await withServer { address, folder in
      let benchmark = toyBenchmark(address: "\(address)/slow.txt")
      let error = await #expect(throws: BenchmarkError.self) {
        try await folder.install(downloading: benchmark, timeout: 1)
      }
      #expect(error?.description.contains("Toy could not be downloaded (") == true)
    }
  }

  @Test(arguments: ["", "ftp://example.org/x", "file:///etc/hostname", "http://127.0.0.1:1/toy.txt"])
  func refusesWhatIsNoServer(_ address: String) async throws {
    let folder = BenchmarkFolder(FileManager.default.temporaryDirectory.appending(path: "antipode-nothing"))
    let error = await #expect(throws: BenchmarkError.self) {
      try await folder.install(downloading: toyBenchmark(address: address), timeout: patience)
    }
    #expect(error?.description.contains("Toy could not be downloaded (") == true)
  }
}

/// A body that breaks off after its bytes, so that the server closes the connection.
private struct CutBody: AsyncBufferedSequence {
  struct BrokenOff: Error {}

  typealias Element = UInt8

  let bytes: [UInt8]

  func makeAsyncIterator() -> Iterator { Iterator(bytes: bytes[...]) }

  struct Iterator: AsyncBufferedIteratorProtocol {
    var bytes: ArraySlice<UInt8>

    mutating func next() async throws -> UInt8? {
      guard let byte = bytes.popFirst() else { throw BrokenOff() }
      return byte
    }

    mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
      guard !bytes.isEmpty else { throw BrokenOff() }
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count)
    }
  }
}
