package import Fingerprints
import Stages

/// Cuts the stages of experiments into few, long tasks: those that need the same model stand together, so that it is
/// loaded once, and what waits for others is in a later wave.
package struct SweepSplit: Sendable {
  /// A stage that is to be computed.
  package struct Work: Sendable {
    package var stage: Fingerprint
    /// The stages that it reads. Those that are not to be computed are in the store.
    package var inputs: [Fingerprint]
    /// The model that it runs; nil for none: it takes seconds at most.
    package var model: String?
    /// How long it takes, in any unit.
    package var cost: Double
    /// How many requests it answers, each by itself; nil where it can't be divided.
    package var requests: Int?

    package init(stage: Fingerprint, inputs: [Fingerprint], model: String?, cost: Double, requests: Int? = nil) {
      self.stage = stage
      self.inputs = inputs
      self.model = model
      self.cost = cost
      self.requests = requests
    }
  }

  /// How many tasks a wave has at most.
  package var jobs: Int
  /// How many requests a part of a stage has at least.
  package var requestsPerPart: Int

  package init(jobs: Int, requestsPerPart: Int) {
    self.jobs = max(1, jobs)
    self.requestsPerPart = max(1, requestsPerPart)
  }

  private struct Unit {
    var item: StageFile.Item
    var model: String
    var cost: Double
  }

  /// The waves of tasks.
  /// - Parameter works: Each behind those that it reads.
  package func waves(of works: [Work]) -> [[StageFile.Task]] {
    var rest = works, placed: Set<Fingerprint> = [], waves: [[StageFile.Task]] = []
    var divided: Set<Fingerprint> = []
    let all = Set(works.map(\.stage)), readers = readers(of: works)
    while !rest.isEmpty {
      let ready = rest.filter { work in work.inputs.allSatisfy { !all.contains($0) || placed.contains($0) } }
      // Works that wait for each other can't be; one task has them all then.
      guard !ready.isEmpty else { return waves + [[rest.map { StageFile.Item($0.stage) }]] }
      let heavy = ready.filter { $0.model != nil }
      var units: [Unit] = []
      let total = heavy.reduce(0) { $0 + $1.cost }
      for work in heavy {
        let parts = divided.contains(work.stage) ? 1 : parts(of: work, beside: heavy.count, costing: total)
        if parts > 1 { divided.insert(work.stage) }
        for number in 0..<parts {
          let part = parts > 1 ? RequestPart(number: number, of: parts) : nil
          units.append(
            Unit(
              item: .init(work.stage, part: part), model: work.model ?? "",
              // What is left of a divided stage is to put its parts together.
              cost: divided.contains(work.stage) && parts == 1 ? 0 : work.cost / Double(parts)))
        }
      }
      var tasks = tasks(of: units)
      if tasks.isEmpty { tasks = [[]] }
      for work in ready where work.model == nil { tasks[0].append(.init(work.stage)) }
      follow(&tasks, with: rest, all, placed, readers)
      waves.append(tasks)
      placed.formUnion(tasks.joined().filter { $0.part == nil }.map(\.stage))
      rest.removeAll { placed.contains($0.stage) }
    }
    return waves
  }

  /// Which of the works that run a model read a stage.
  private func readers(of works: [Work]) -> [Fingerprint: [Work]] {
    var readers: [Fingerprint: [Work]] = [:]
    for work in works where work.model != nil {
      for input in Set(work.inputs) { readers[input, default: []].append(work) }
    }
    return readers
  }

  private func parts(of work: Work, beside count: Int, costing total: Double) -> Int {
    guard let requests = work.requests, count < jobs, total > 0 else { return 1 }
    let share = Int((Double(jobs) * work.cost / total).rounded())
    return max(1, min(share, (requests + requestsPerPart - 1) / requestsPerPart, requests))
  }

  /// Appends to tasks what needs nothing but what they make, or what is there: what runs no model, and what alone
  /// follows a stage with the same model.
  private func follow(
    _ tasks: inout [StageFile.Task], with rest: [Work], _ all: Set<Fingerprint>, _ placed: Set<Fingerprint>,
    _ readers: [Fingerprint: [Work]]
  ) {
    var places: [Fingerprint: Int] = [:], models: [Fingerprint: String?] = [:]
    for work in rest { models[work.stage] = work.model }
    for (place, task) in tasks.enumerated() { for item in task where item.part == nil { places[item.stage] = place } }
    let divided = Set(tasks.joined().filter { $0.part != nil }.map(\.stage))
    for work in rest where places[work.stage] == nil && !divided.contains(work.stage) {
      let awaited = work.inputs.filter { all.contains($0) && !placed.contains($0) }
      let found = Set(awaited.map { places[$0] })
      guard found.count == 1, let only = found.first, let place = only else { continue }
      if let model = work.model {
        // Several that follow one stage are work for several tasks.
        guard awaited.allSatisfy({ (readers[$0] ?? []).filter { $0.model == model }.count == 1 }),
          tasks[place].contains(where: { models[$0.stage].flatMap { $0 } == model })
        else { continue }
      }
      tasks[place].append(.init(work.stage))
      places[work.stage] = place
    }
  }

  /// Units in tasks of about equal cost, those of one model side by side.
  private func tasks(of units: [Unit]) -> [StageFile.Task] {
    var models: [String] = []
    for unit in units where !models.contains(unit.model) { models.append(unit.model) }
    let groups = models.map { model in units.filter { $0.model == model } }
    guard groups.count < jobs else { return Self.cut(groups.flatMap { $0 }, into: jobs) }
    // Each model has a task; the others go one by one to where a task is longest.
    var counts = groups.map { _ in 1 }
    for _ in groups.count..<jobs {
      let lengths = zip(groups, counts).map { group, count in
        group.count > count ? group.reduce(0) { $0 + $1.cost } / Double(count) : -1
      }
      guard let longest = lengths.indices.max(by: { lengths[$0] < lengths[$1] }), lengths[longest] >= 0 else { break }
      counts[longest] += 1
    }
    return zip(groups, counts).flatMap { Self.cut($0, into: $1) }
  }

  /// Neighbours together, at most so many tasks of about equal cost.
  private static func cut(_ units: [Unit], into count: Int) -> [StageFile.Task] {
    let total = units.reduce(0) { $0 + $1.cost }
    var tasks: [StageFile.Task] = [], task: StageFile.Task = [], done = 0.0
    for (index, unit) in units.enumerated() {
      task.append(unit.item)
      done += unit.cost
      let left = units.count - index - 1
      // A unit belongs to the task in which more than half of it would lie.
      let next = index + 1 < units.count ? units[index + 1].cost : 0
      let isFull = (done + next / 2) * Double(count) > total * Double(tasks.count + 1) * (1 + 1e-9)
      // No task stays empty for want of units.
      if tasks.count < count - 1, isFull || left < count - tasks.count {
        tasks.append(task)
        task = []
      }
    }
    return task.isEmpty ? tasks : tasks + [task]
  }
}
