/// One file: its header, and its tensors in the order of its table.
struct GGUFPart {
  let file: MappedFile
  let version: Int
  let metadata: [String: MetadataValue]
  let tensors: [TensorDescription]

  /// The fewest bytes of a metadata entry: the key's length and one byte of it, the type, the shortest value.
  private static let minimumEntrySize = 14
  /// The fewest bytes of a tensor's entry: the name's length and one byte of it, the dimension count, one dimension,
  /// the type, the offset.
  private static let minimumTensorEntrySize = 33
  private static let alignmentKey = "general.alignment"

  /// Opens and checks one file.
  init(path: String) throws(ModelFileError) {
    let file = try MappedFile(path: path)
    var reader = GGUFReader(file)
    version = try Self.readMagicAndVersion(&reader)
    let tensorCount = try reader.count(of: "tensors", minimumSize: Self.minimumTensorEntrySize)
    let metadataCount = try reader.count(of: "metadata entries", minimumSize: Self.minimumEntrySize)
    metadata = try Self.readMetadata(&reader, count: metadataCount)
    let alignment = try Self.alignment(metadata, path: path)
    var entries = try Self.readTensorEntries(&reader, count: tensorCount, alignment: alignment)
    try Self.placeData(of: &entries, after: reader.offset, alignment: alignment, file: file)
    tensors = entries
    self.file = file
  }

  // MARK: - Reading, in the order of the file

  private static func readMagicAndVersion(_ reader: inout GGUFReader) throws(ModelFileError) -> Int {
    let magic = try reader.integer(UInt32.self)
    guard magic == 0x4655_4747 else {
      throw reader.malformed(
        found: "the first bytes 0x\(String(magic.byteSwapped, radix: 16))", expected: "0x47475546 (\"GGUF\")")
    }
    let version = try reader.integer(UInt32.self)
    guard version == 2 || version == 3 else {
      let bigEndian = version != 0 && version & 0xFFFF == 0
      throw reader.unsupported(
        found: bigEndian ? "a big-endian file" : "version \(version)", expected: "GGUF version 2 or 3, little-endian")
    }
    return Int(version)
  }

  private static func readMetadata(
    _ reader: inout GGUFReader, count: Int
  ) throws(ModelFileError) -> [String: MetadataValue] {
    var metadata: [String: MetadataValue] = [:]
    for index in 0..<count {
      reader.place = "metadata entry \(index + 1) of \(count)"
      let key = try reader.name()
      reader.place = "metadata key \(quoted(key))"
      guard metadata[key] == nil else {
        throw reader.malformed(found: "two entries of this key", expected: "one")
      }
      metadata[key] = try reader.metadataValue()
    }
    return metadata
  }

  private static func alignment(
    _ metadata: [String: MetadataValue], path: String
  ) throws(ModelFileError) -> Int {
    guard let value = metadata[alignmentKey] else { return 32 }
    guard case .unsigned(let stored) = value, let alignment = Int(exactly: stored),
      alignment >= 8, alignment <= 1 << 20, alignment.nonzeroBitCount == 1
    else {
      throw .malformed(
        path: path, place: "metadata key \(quoted(alignmentKey))", found: value.kind,
        expected: "a power of two between 8 and 1048576")
    }
    return alignment
  }

  /// The tensor table. The entries' offsets are still relative to the start of the data.
  private static func readTensorEntries(
    _ reader: inout GGUFReader, count: Int, alignment: Int
  ) throws(ModelFileError) -> [TensorDescription] {
    var entries: [TensorDescription] = []
    entries.reserveCapacity(count)
    for index in 0..<count {
      reader.place = "tensor \(index + 1) of \(count)"
      let name = try reader.name()
      reader.place = "tensor \(quoted(name))"

      let dimensionCount = try reader.integer(UInt32.self)
      guard (1...4).contains(dimensionCount) else {
        throw reader.malformed(found: "\(dimensionCount) dimensions", expected: "1 to 4")
      }
      var dimensions: [Int] = []  // In the file's order: the row's length first.
      for _ in 0..<dimensionCount {
        let stored = try reader.integer(UInt64.self)
        guard let dimension = Int(exactly: stored), dimension > 0 else {
          throw reader.malformed(found: "a dimension of \(stored)", expected: "1 or more")
        }
        dimensions.append(dimension)
      }

      let type = try reader.integer(UInt32.self)
      guard let format = TensorFormat(ggufType: type) else {
        let names = TensorFormat.allCases.map(\.ggufName).joined(separator: ", ")
        throw reader.unsupported(
          found: "the format \(TensorFormat.ggufName(ofType: type)) (type number \(type))", expected: "one of \(names)")
      }
      let byteCount = try byteCount(dimensions, format, reader)
      let storedOffset = try reader.integer(UInt64.self)
      guard let offset = Int(exactly: storedOffset), offset % alignment == 0 else {
        throw reader.malformed(
          found: "the data offset \(storedOffset)", expected: "a multiple of the alignment, \(alignment)")
      }
      entries.append(
        TensorDescription(
          name: name, shape: dimensions.reversed(), format: format, byteOffset: offset, byteCount: byteCount))
    }
    return entries
  }

  private static func byteCount(
    _ dimensions: [Int], _ format: TensorFormat, _ reader: GGUFReader
  ) throws(ModelFileError) -> Int {
    guard dimensions[0] % format.elementsPerBlock == 0 else {
      throw reader.malformed(
        found: "rows of \(dimensions[0]) elements in \(format.ggufName)",
        expected: "a multiple of \(format.elementsPerBlock)")
    }
    var size = dimensions[0] / format.elementsPerBlock
    for factor in dimensions.dropFirst() + [format.bytesPerBlock] {
      let (product, overflow) = size.multipliedReportingOverflow(by: factor)
      guard !overflow else {
        throw reader.malformed(
          found: "the shape \([Int](dimensions.reversed()))", expected: "fewer than 2⁶³ bytes")
      }
      size = product
    }
    // The element count must be an `Int` too: a block may hold more elements than bytes.
    guard !size.multipliedReportingOverflow(by: format.elementsPerBlock).overflow else {
      throw reader.malformed(found: "the shape \([Int](dimensions.reversed()))", expected: "fewer than 2⁶³ elements")
    }
    return size
  }

  /// Turns the entries' offsets into places in the file, once the table's end is known, and checks that they fit.
  private static func placeData(
    of entries: inout [TensorDescription], after tableEnd: Int, alignment: Int, file: MappedFile
  ) throws(ModelFileError) {
    let dataStart = (tableEnd + alignment - 1) / alignment * alignment
    for index in entries.indices {
      let entry = entries[index]
      let (offset, overflow) = entry.byteOffset.addingReportingOverflow(dataStart)
      guard !overflow, file.contains(offset, entry.byteCount) else {
        throw .malformed(
          path: file.path, place: "tensor \(quoted(entry.name))",
          found: "\(entry.byteCount) bytes of data at offset \(entry.byteOffset) of the data section",
          expected: "data that lies inside the \(max(0, file.count - dataStart)) bytes of the section")
      }
      entries[index] = TensorDescription(
        name: entry.name, shape: entry.shape, format: entry.format, byteOffset: offset, byteCount: entry.byteCount)
    }

    let inOrder = entries.sorted { ($0.byteOffset, $0.name) < ($1.byteOffset, $1.name) }
    for (earlier, later) in zip(inOrder, inOrder.dropFirst()) where earlier.byteRange.overlaps(later.byteRange) {
      throw .malformed(
        path: file.path, place: "tensor \(quoted(later.name))",
        found: "data at byte \(later.byteOffset), inside that of tensor \(quoted(earlier.name))",
        expected: "data of its own")
    }
  }
}
