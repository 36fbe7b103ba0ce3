/// A priority queue of numbers, the smallest first: a binary heap.
struct MinimumQueue: Sendable {
  private var heap: [UInt64] = []

  /// Adds a number.
  mutating func insert(_ value: UInt64) {
    heap.append(value)
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent] <= heap[child] { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  /// Removes and returns the smallest number, or `nil` when there is none.
  mutating func popMinimum() -> UInt64? {
    guard let minimum = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return minimum }
    heap[0] = last
    var parent = 0
    while true {
      var child = 2 * parent + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
      if heap[parent] <= heap[child] { break }
      heap.swapAt(parent, child)
      parent = child
    }
    return minimum
  }
}
