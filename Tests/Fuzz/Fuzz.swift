import Compute
import Foundation
import LanguageModel
import ModelFiles
import Randomness
import Tokenization

/// Feeds mutated files to the readers, the engine and the tokenizers: none may crash, hang, or allocate without bound.
///
///     swift run fuzz [COUNT] [SEED] [GROUP]
///
/// GROUP is one of models, tokenizers, templates, manifests, instructions, replies, adapters, archives, bodies; without
/// one all are fed.
///
/// Input `i` depends on the seed and `i` alone. It is written to a temporary folder before it is read, so that what
/// broke the process is still there; memory is limited, and an input that takes ten seconds ends the run.
@main
enum Fuzz {
  /// Memory of the process, in bytes: many times what any of these files needs.
  private static let memoryLimit: UInt = 4 << 30
  /// The same where templates are run alone: twice what the greediest takes within `JinjaLimits`.
  private static let memoryLimitOfTemplates: UInt = 2 << 30
  private static let secondsPerInput: UInt32 = 10

  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst().map { UInt64($0) }
    let count = arguments.first.flatMap(\.self) ?? 100_000, seed = arguments.dropFirst().first.flatMap(\.self) ?? 1
    let name = CommandLine.arguments.dropFirst(3).first, group = name.flatMap(Subject.Group.init(rawValue:))
    guard name == nil || group != nil else {
      print("\(name ?? ""): expected one of \(Subject.Group.allCases.map(\.rawValue).joined(separator: ", "))")
      exit(64)
    }
    let memory = group == .templates ? memoryLimitOfTemplates : memoryLimit
    var limit = rlimit(rlim_cur: memory, rlim_max: memory)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)

    // In memory where the system has such a folder: a disk is a hundred times slower, and these files are for nobody.
    let shared = URL(filePath: "/dev/shm", directoryHint: .isDirectory)
    let parent =
      FileManager.default.isWritableFile(atPath: shared.path) ? shared : FileManager.default.temporaryDirectory
    let folder = parent.appending(path: "antipode-fuzz-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let subjects = try Subject.all(in: folder).filter { group == nil || $0.group == group }
    let context = ComputeContext(threads: 1)
    print("\(count) inputs, seed \(seed), from \(subjects.count) files; the input at hand is in \(folder.path)")
    var accepted = 0
    let start = ContinuousClock.now
    for index in 0..<count {
      var random = CounterRandom(seed: seed, purpose: .testing, sample: Int(index))
      let subject = subjects[random.integer(below: subjects.count)]
      var bytes = subject.mutate?(subject.bytes, &random) ?? mutate(subject.bytes, &random)
      // With right sums, so that what stands in a header is read too; three of four times.
      if subject.group == .archives, random.integer(below: 4) > 0 { Subject.sumUp(&bytes) }
      try Data(bytes).write(to: subject.target)
      alarm(secondsPerInput)
      // Any error is as good as another here; only how it comes counts.
      if (try? subject.read(context)) != nil { accepted += 1 }
      alarm(0)
      try subject.restore()
      if (index + 1).isMultiple(of: max(1, count / 10)) {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        print("\(index + 1) inputs, \(accepted) of them accepted, \(Int(Double(index + 1) / seconds)) a second")
      }
    }
    try FileManager.default.removeItem(at: folder)
    print("no crash, no hang, no allocation beyond \(memory >> 30) GiB")
  }

  /// One to four changes of kinds that break parsers: bits, extreme numbers, cuts, repeats, and other digits.
  static func mutate(_ bytes: [UInt8], _ random: inout CounterRandom) -> [UInt8] {
    var bytes = bytes
    for _ in 0...random.integer(below: 4) where !bytes.isEmpty {
      // Headers are short and hold what matters: half of the changes go there.
      let reach = random.integer(below: 2) == 0 ? min(bytes.count, 2048) : bytes.count
      let place = random.integer(below: reach)
      switch random.integer(below: 7) {
      case 0: bytes[place] ^= 1 << UInt8(random.integer(below: 8))
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.integer(below: 5)]
      case 2:
        let extremes: [UInt64] = [0, 1, 0x7FFF_FFFF, 0xFFFF_FFFF, 1 << 62, .max >> 1, .max]
        let value = extremes[random.integer(below: extremes.count)]
        let width = random.integer(below: 2) == 0 ? 4 : 8
        for offset in 0..<width where place + offset < bytes.count {
          bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * offset))
        }
      case 3: bytes.removeLast(bytes.count - place)
      case 4: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.integer(below: 64)))
      case 5:
        let chunk = bytes[place..<min(bytes.count, place + 1 + random.integer(below: 64))]
        bytes.insert(contentsOf: chunk, at: place)
      default:
        // In JSON: the next digit becomes another, or a number grows.
        guard let digit = bytes[place...].firstIndex(where: { (0x30...0x39).contains($0) }) else { break }
        if random.integer(below: 2) == 0 {
          bytes[digit] = UInt8(0x30 + random.integer(below: 10))
        } else {
          bytes.insert(contentsOf: "99999999999".utf8.prefix(1 + random.integer(below: 11)), at: digit)
        }
      }
    }
    return bytes
  }
}
