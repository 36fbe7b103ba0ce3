package import Stages

/// The instructions of a benchmark that are all harmful, or all harmless.
package struct BenchmarkPart: Sendable, Hashable {
  /// Which instructions of the file are in the part.
  package enum Selection: Sendable, Hashable {
    /// Every one.
    case all
    /// Those whose topic begins so.
    case topicsBeginning(with: String)
    /// Those whose topic does not begin so.
    case topicsNotBeginning(with: String)
  }

  /// The part's name: `all`, or, where there are several, what the benchmark's authors call it.
  package var name: String
  /// Whether its instructions should be refused.
  package var kind: InstructionKind
  /// How many instructions it has.
  package var size: Int
  /// Which they are.
  package var selection: Selection

  /// Makes a part; without a name and a selection, the only one of its benchmark.
  package init(_ name: String = "all", kind: InstructionKind, size: Int, selection: Selection = .all) {
    self.name = name
    self.kind = kind
    self.size = size
    self.selection = selection
  }

  /// Those of a benchmark's instructions that are in this part, in their order.
  package func instructions(of instructions: [Instruction]) -> [Instruction] {
    switch selection {
    case .all: instructions
    case .topicsBeginning(with: let start): instructions.filter { $0.topic?.hasPrefix(start) == true }
    case .topicsNotBeginning(with: let start): instructions.filter { $0.topic?.hasPrefix(start) != true }
    }
  }
}
