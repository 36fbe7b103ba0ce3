import Foundation
import Messages

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension BenchmarkFolder {
  /// Downloads a benchmark's file from its address. The system's proxy settings are honored and redirects followed; a
  /// server that says nothing for a while ends it. Nothing lies under the file's name before its hash is right.
  ///
  /// - Parameters:
  ///   - benchmark: the benchmark.
  ///   - timeout: how long to wait for the next bytes, in seconds.
  /// - Returns: what is known of the bytes.
  /// - Throws: ``BenchmarkError/httpStatus(benchmark:status:)``, ``BenchmarkError/notDownloaded(benchmark:reason:)``,
  ///   ``BenchmarkError/wrongHash(benchmark:place:found:)``; where the benchmark has no hash, what
  ///   ``Benchmark/instructions(from:path:)`` throws.
  @discardableResult
  package func install(downloading benchmark: Benchmark, timeout: Double = 60) async throws -> Verification {
    guard let url = URL(string: benchmark.address), url.scheme == "https" || url.scheme == "http" else {
      throw BenchmarkError.notDownloaded(benchmark: benchmark, reason: "the address is not one of the web")
    }
    let configuration = URLSessionConfiguration.ephemeral
    configuration.timeoutIntervalForRequest = timeout
    let session = URLSession(configuration: configuration)
    defer { session.finishTasksAndInvalidate() }

    let data: Data
    let response: URLResponse
    do {
      (data, response) = try await session.data(for: URLRequest(url: url, timeoutInterval: timeout))
    } catch {
      try Task.checkCancellation()
      throw BenchmarkError.notDownloaded(benchmark: benchmark, reason: SystemError.wording(error))
    }
    guard let status = (response as? HTTPURLResponse)?.statusCode, status == 200 else {
      throw BenchmarkError.httpStatus(benchmark: benchmark, status: (response as? HTTPURLResponse)?.statusCode ?? 0)
    }
    // Some servers end a connection early without an error that reaches us.
    guard response.expectedContentLength < 0 || Int64(data.count) >= response.expectedContentLength else {
      throw BenchmarkError.notDownloaded(
        benchmark: benchmark, reason: "\(data.count) of \(response.expectedContentLength) bytes came")
    }
    return try install(data, of: benchmark, place: benchmark.address)
  }
}
