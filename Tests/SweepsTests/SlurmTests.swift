import Foundation
import Sweeps
import Testing

/// What is written for Slurm, and read of it. `Tests/Slurm` runs it.
@Suite struct SlurmTests {
  private static func script(_ settings: SlurmSettings = SlurmSettings(), store: String = "/shared/store") -> String {
    SlurmScript(
      program: "/opt/ablate", store: store, stages: "\(store)/stages.json", name: "alpha sweep", settings: settings
    ).text
  }

  @Test func theSitesOwnOptionsStandLast() throws {
    var site = SlurmSettings(), own = SlurmSettings()
    site.sbatch = ["--partition=cpu --mem=4G"]
    site.jobs = 3
    own.sbatch = ["--partition=gpu --gres=gpu:1"]
    own.setup = ["module load openblas"]
    let settings = site.overridden(by: own), lines = Self.script(settings).split(separator: "\n").map(String.init)
    #expect(settings.jobs == 3)
    let options = lines.filter { $0.hasPrefix("#SBATCH ") }
    #expect(
      options == [
        "#SBATCH --job-name=antipode-alpha_sweep", "#SBATCH --requeue", "#SBATCH --open-mode=append",
        "#SBATCH --signal=B:TERM@120", "#SBATCH --partition=cpu --mem=4G", "#SBATCH --partition=gpu --gres=gpu:1",
      ])
    // Slurm reads options up to the first line that is none.
    #expect(lines[0] == "#!/bin/bash" && lines[1...6].allSatisfy { $0.hasPrefix("#SBATCH ") })
    #expect(lines[7] == "module load openblas")
  }

  /// The script as bash runs it, with programs of the test's own for the worker and for Slurm.
  private static func run(worker: String, state: String = "RUNNING", attempt: Int = 1, signalled: Bool = false) throws
    -> (
      status: Int32, told: String
    )
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "antipode script's \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let told = folder.appending(path: "told")
    func write(_ name: String, _ text: String) throws {
      let file = folder.appending(path: name)
      try Data("#!/bin/bash\n\(text)\n".utf8).write(to: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }
    try write("ablate", #"echo "$ANTIPODE_JOB/$ANTIPODE_ATTEMPT $*" >> "$TOLD""# + "\n" + worker)
    try write("scontrol", #"echo "scontrol $*" >> "$TOLD"; exit 1"#)
    try write("squeue", "echo \(state)")
    let script = SlurmScript(
      program: folder.appending(path: "ablate").path, store: "it's a store", stages: "stages", name: "n",
      settings: SlurmSettings())
    try write("script", script.text)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [folder.appending(path: "script").path, "40"]
    process.environment = [
      "PATH": "\(folder.path):/usr/bin:/bin", "TOLD": told.path, "SLURM_JOB_ID": "7", "SLURM_ARRAY_JOB_ID": "5",
      "SLURM_ARRAY_TASK_ID": "2", "SLURM_RESTART_COUNT": "\(attempt)", "SLURM_CPUS_ON_NODE": "3",
    ]
    // The script inherits this thread's mask, which may block the signal.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    try process.run()
    if signalled {
      while ((try? String(contentsOf: told, encoding: .utf8)) ?? "").isEmpty { Thread.sleep(forTimeInterval: 0.01) }
      // To the shell alone, as `--signal=B:TERM@120` says.
      process.terminate()
    }
    process.waitUntilExit()
    return (process.terminationStatus, try String(contentsOf: told, encoding: .utf8))
  }

  private static let call = "slurm 5_2/1 worker --store it's a store --stages stages --index 42 --threads 3\n"

  @Test func aJobDoesItsTaskAndEndsAsItsWorkerDoes() throws {
    #expect(try Self.run(worker: "exit 0") == (0, Self.call))
    #expect(try Self.run(worker: "exit 3") == (3, Self.call))
  }

  @Test func anInterruptedJobIsStartedAgainUnlessItWasCancelled() throws {
    #expect(try Self.run(worker: "exit 75") == (75, Self.call + "scontrol requeue 5_2\n"))
    #expect(try Self.run(worker: "exit 75", state: "CANCELLED") == (75, Self.call))
    #expect(try Self.run(worker: "kill -9 $$") == (137, Self.call + "scontrol requeue 5_2\n"))
    let last = Self.call.replacing("5_2/1", with: "5_2/3")
    #expect(try Self.run(worker: "kill -9 $$", attempt: 3) == (137, last))
  }

  @Test func theSignalReachesTheWorkerWhoseStatusCounts() throws {
    let worker = "trap 'sleep 0.2; exit 75' TERM; while true; do sleep 0.05; done"
    #expect(try Self.run(worker: worker, signalled: true) == (75, Self.call + "scontrol requeue 5_2\n"))
  }

  @Test func aWaveIsCutToTheSitesArrays() {
    let arrays = SlurmArray.arrays(of: [3, 7, 1], maximumSize: 4)
    #expect(arrays.map(\.wave) == [0, 1, 1, 2] && arrays.map(\.first) == [0, 3, 7, 10])
    #expect(arrays.map(\.count) == [3, 4, 3, 1])
  }

  @Test func aWaveWaitsForAllOfTheOneBeforeHoweverItEnds() {
    var arrays = SlurmArray.arrays(of: [3, 7, 1], maximumSize: 4)
    for (place, job) in ["10", "11", "12"].enumerated() { arrays[place].job = job }
    #expect(
      arrays[0].options(behind: arrays, atOnce: nil, folder: "/f")
        == ["--parsable", "--array=0-2", "--output=/f/wave-1-from-0-%a.out"])
    #expect(
      arrays[3].options(behind: arrays, atOnce: 2, folder: "/f")
        == [
          "--parsable", "--array=0-0%2", "--output=/f/wave-3-from-10-%a.out", "--dependency=afterany:11,afterany:12",
        ])
  }

  @Test func whatSlurmPrintsIsRead() {
    #expect(SlurmArray.job(in: "17\n") == "17" && SlurmArray.job(in: "17;cluster\n") == "17")
    #expect(SlurmArray.job(in: "sbatch: error: no") == nil && SlurmArray.job(in: "") == nil)
    #expect(SlurmArray.maximumSize(in: "MailProg                = /bin/mail\nMaxArraySize            = 1001\n") == 1001)
    #expect(SlurmArray.maximumSize(in: "slurm_load_ctl_conf error") == nil)
    let queue = SlurmQueue(
      parsing: "12|0|RUNNING|None\n12|1|PENDING|Resources\n12|2|PENDING|(Dependency)\n13|N/A|RUNNING|None\nnoise\n")
    #expect(queue.entries.count == 4 && queue.entries[3].index == nil)
    #expect(queue.counts(of: ["12"]) == ["RUNNING": 1, "PENDING": 2])
  }

  @Test(arguments: [
    #"{"sbatch": ["partition=gpu"]}"#, #"{"sbatch": ["--a\n#SBATCH --b"]}"#, #"{"setup": ["a\nb"]}"#,
    #"{"partition": "gpu"}"#, #"{"jobs": 0}"#,
  ])
  func settingsThatNoScriptCanHoldAreRefused(text: String) throws {
    let error = #expect(throws: SweepError.self) {
      try SlurmSettings(parsing: Data(text.utf8), path: "site/slurm.json")
    }
    #expect(error?.description.hasPrefix("site/slurm.json: ") == true)
  }
}
