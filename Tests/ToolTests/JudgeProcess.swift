import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// The program `judge-server`, running.
struct JudgeProcess {
  let address: URL

  /// The program printed no address.
  struct NoAddress: Error {}

  /// Runs the body beside a judge that expects the key, and ends it.
  static func run(key: String, _ body: (JudgeProcess) async throws -> Void) async throws {
    let process = Process(), input = Pipe(), output = Pipe()
    process.executableURL = Tool.products.appendingPathComponent("judge-server")
    process.arguments = [key]
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    defer {
      process.terminate()
      process.waitUntilExit()
    }
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard line.hasSuffix("\n"), let address = URL(string: String(line.dropLast())) else { throw NoAddress() }
    try await body(JudgeProcess(address: address))
  }

  /// How many requests for a judgment came so far.
  func visits() async throws -> Int? { Int(String(decoding: try await reply("GET", "visits"), as: UTF8.self)) }

  /// Fails from now on.
  func fail() async throws { _ = try await reply("POST", "fail") }

  /// Answers again.
  func mend() async throws { _ = try await reply("POST", "mend") }

  private func reply(_ method: String, _ path: String) async throws -> Data {
    var request = URLRequest(url: address.appending(path: path))
    request.httpMethod = method
    return try await URLSession.shared.data(for: request).0
  }
}
