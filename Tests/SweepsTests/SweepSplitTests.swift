import Fingerprints
import JSON
import Stages
import Sweeps
import Testing

/// How stages become waves of tasks.
@Suite struct SweepSplitTests {
  private static func name(_ text: String) -> Fingerprint { Fingerprint(of: .string(text)) }

  private static func work(
    _ name: String, _ inputs: [String] = [], model: String? = "m", cost: Double = 1, requests: Int? = nil
  ) -> SweepSplit.Work {
    SweepSplit.Work(
      stage: Self.name(name), inputs: inputs.map(Self.name), model: model, cost: cost, requests: requests)
  }

  /// The waves with names for hashes.
  private static func waves(_ works: [SweepSplit.Work], _ names: [String], jobs: Int, part: Int = 96) -> [[[String]]] {
    let known = Dictionary(uniqueKeysWithValues: names.map { (Self.name($0), $0) })
    return SweepSplit(jobs: jobs, requestsPerPart: part).waves(of: works).map { wave in
      wave.map { task in
        task.map { item in
          (known[item.stage] ?? "?") + (item.part.map { " \($0.number + 1)/\($0.count)" } ?? "")
        }
      }
    }
  }

  @Test func whatWaitsForOthersIsInALaterWave() {
    let works = [
      Self.work("anchors"), Self.work("safe", ["anchors"]), Self.work("opposite", ["anchors"]),
      Self.work("answers", ["safe", "opposite"]), Self.work("fluency", ["answers"]),
      Self.work("verdicts", ["answers", "fluency"], model: nil), Self.work("metrics", ["verdicts"], model: nil),
    ]
    let names = ["anchors", "safe", "opposite", "answers", "fluency", "verdicts", "metrics"]
    #expect(
      Self.waves(works, names, jobs: 4) == [
        [["anchors"]], [["safe"], ["opposite"]], [["answers", "fluency", "verdicts", "metrics"]],
      ])
    // One job does it in one wave after the other, too.
    #expect(
      Self.waves(works, names, jobs: 1) == [
        [["anchors"]], [["safe", "opposite", "answers", "fluency", "verdicts", "metrics"]],
      ])
  }

  @Test func whatIsInTheStoreIsNotWaitedFor() {
    #expect(Self.waves([Self.work("answers", ["stored"])], ["answers"], jobs: 2) == [[["answers"]]])
    #expect(Self.waves([], [], jobs: 2) == [])
  }

  @Test func stagesOfOneModelStandTogether() {
    let works = (0..<6).map { Self.work("\($0)", model: $0 % 2 == 0 ? "even" : "odd") }, names = (0..<6).map { "\($0)" }
    #expect(Self.waves(works, names, jobs: 2) == [[["0", "2", "4"], ["1", "3", "5"]]])
    #expect(Self.waves(works, names, jobs: 4) == [[["0", "2"], ["4"], ["1", "3"], ["5"]]])
    #expect(Self.waves(works, names, jobs: 1) == [[["0", "2", "4", "1", "3", "5"]]])
    #expect(Self.waves(works, names, jobs: 50) == [[["0"], ["2"], ["4"], ["1"], ["3"], ["5"]]])
  }

  @Test func tasksAreAboutEquallyLong() {
    let works = [8.0, 1, 1, 1, 1, 4].enumerated().map { Self.work("\($0)", cost: $1) }
    #expect(Self.waves(works, (0..<6).map { "\($0)" }, jobs: 2) == [[["0"], ["1", "2", "3", "4", "5"]]])
  }

  @Test func aLongStageIsDividedByItsRequests() {
    let works = [
      Self.work("long", cost: 900, requests: 500), Self.work("short", cost: 100, requests: 50),
      Self.work("metrics", ["long", "short"], model: nil),
    ]
    let names = ["long", "short", "metrics"]
    #expect(
      Self.waves(works, names, jobs: 4) == [
        [["long 1/4"], ["long 2/4"], ["long 3/4"], ["long 4/4", "short"]], [["long", "metrics"]],
      ])
    // Where there are enough stages, none is.
    #expect(Self.waves(works, names, jobs: 2) == [[["long"], ["short"]], [["metrics"]]])
    // No part is smaller than what is worked on at a time.
    #expect(Self.waves(works, names, jobs: 9, part: 250)[0].joined().filter { $0.hasPrefix("long") }.count == 2)
  }

  /// Whatever the graph, every stage is there once, or in parts and then once, behind all that it reads.
  @Test(arguments: 0..<40) func everyStageIsThereOnce(seed: Int) {
    var state = UInt64(seed) &* 2_862_933_555_777_941_757 &+ 3_037_000_493
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let names = (0..<60).map { "\($0)" }
    let works = names.indices.map { place in
      Self.work(
        names[place], (0..<random(4)).compactMap { _ in place > 0 ? names[random(place)] : nil },
        model: random(4) == 0 ? nil : "\(random(3))", cost: Double(1 + random(100)),
        requests: random(3) == 0 ? 1 + random(1000) : nil)
    }
    let jobs = 1 + random(12), waves = Self.waves(works, names, jobs: jobs, part: 50)
    var done: Set<String> = []
    for wave in waves {
      #expect(wave.count <= jobs && wave.allSatisfy { !$0.isEmpty })
      var made: Set<String> = []
      for task in wave {
        var here = done
        for item in task {
          let stage = String(item.prefix { $0 != " " })
          let inputs = works[Int(stage) ?? 0].inputs
          #expect(inputs.allSatisfy { input in here.contains { Self.name($0) == input } }, "\(item) of \(waves)")
          #expect(!here.contains(item) && !made.contains(item))
          here.insert(item)
        }
        made.formUnion(task)
      }
      done.formUnion(made)
    }
    #expect(Set(names).isSubset(of: done))
  }
}
