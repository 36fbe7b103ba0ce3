package import Foundation

/// A published set of instructions: where its file is, how to know that it is the right one, and how to read it.
/// None of its text is part of this project.
package struct Benchmark: Sendable, Hashable {
  /// The name in manifests and commands, in lower case.
  package var name: String
  /// The name as its authors write it.
  package var title: String
  /// Further names it is known by.
  package var aliases: [String]
  /// Where the file can be downloaded as it is.
  package var address: String
  /// The name of the file in a ``BenchmarkFolder``.
  package var fileName: String
  /// The SHA-256 of the copy that this project was developed with, in hexadecimal; `nil` where it has had none.
  package var sha256: String?
  /// The SHA-256 of further copies that are taken as well.
  package var otherSHA256: [String]
  /// The license of the text.
  package var license: String
  /// The paper that it comes from.
  package var citation: String
  /// The paper's number on arXiv.
  package var arXiv: String
  /// How the file holds its instructions.
  package var format: InstructionFormat
  /// The parts, in which each instruction of the file is once.
  package var parts: [BenchmarkPart]
  /// How many instructions of a part a standard evaluation takes (the paper on ACD: 100).
  package var standardSampleSize: Int
  /// What a user of it should know, where there is such a thing.
  package var note: String?

  /// Makes a benchmark from its parts.
  package init(
    name: String, title: String, aliases: [String] = [], address: String, fileName: String, sha256: String?,
    otherSHA256: [String] = [], license: String, citation: String, arXiv: String, format: InstructionFormat,
    parts: [BenchmarkPart], standardSampleSize: Int = 100, note: String? = nil
  ) {
    self.name = name
    self.title = title
    self.aliases = aliases
    self.address = address
    self.fileName = fileName
    self.sha256 = sha256
    self.otherSHA256 = otherSHA256
    self.license = license
    self.citation = citation
    self.arXiv = arXiv
    self.format = format
    self.parts = parts
    self.standardSampleSize = standardSampleSize
    self.note = note
  }

  /// The names under which the file may lie in a folder: ours, then the one at its address, and either with what says
  /// that it is compressed.
  var fileNames: [String] {
    let there = nameAtAddress
    let plain = [fileName] + CompressedFile.endings.map { fileName + $0 }
    return plain + (fileName == there ? [] : [there] + CompressedFile.endings.map { there + $0 })
  }

  /// The name of the file at its address.
  var nameAtAddress: String { address.split(separator: "/").last.map(String.init) ?? fileName }

  /// How many instructions the file has.
  package var size: Int { parts.reduce(0) { $0 + $1.size } }

  /// The part of a name, if there is one.
  package func part(named name: String) -> BenchmarkPart? { parts.first { $0.name == name } }

  /// Reads the whole file.
  /// - Parameters:
  ///   - data: the file's bytes.
  ///   - path: the file's name, for messages only.
  /// - Returns: the instructions of all parts, in the file's order.
  /// - Throws: ``EvaluationError`` where the file can't be read;
  ///   ``BenchmarkError/wrongSize(benchmark:part:path:found:)`` where a part has not as many instructions as published.
  package func instructions(from data: Data, path: String) throws -> [Instruction] {
    let instructions = try InstructionReader.read(data, path: path, format: format, name: name)
    for part in parts {
      let found = part.instructions(of: instructions).count
      guard found == part.size else {
        throw BenchmarkError.wrongSize(benchmark: self, part: part, path: path, found: found)
      }
    }
    return instructions
  }
}
