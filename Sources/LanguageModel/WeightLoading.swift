import Compute
import ModelFiles

/// Takes a model's tensors out of a file, in the shapes that the model needs.
struct WeightReader {
  let file: GGUFFile
  let pool: ThreadPool

  /// A matrix `[outputs, inputs]`.
  func matrix(_ name: String, outputs: Int, inputs: Int) throws -> WeightMatrix {
    let tensor = try file.tensor(name, shape: [outputs, inputs])
    let matrix = file.withBytes(of: tensor) { bytes in
      WeightMatrix(bytes, outputs: outputs, inputs: inputs, format: tensor.format.weightFormat, on: pool)
    }
    guard let matrix else {
      throw LanguageModelError.impossible(
        path: file.path, key: "tensor \(name)", found: "\(tensor.byteCount) bytes of \(tensor.format)",
        expected: "whole blocks for the shape [\(outputs), \(inputs)]")
    }
    return matrix
  }

  /// A vector `[count]`, as 32-bit floats.
  func vector(_ name: String, count: Int) throws -> [Float] {
    let tensor = try file.tensor(name, shape: [count])
    let values = file.withBytes(of: tensor) { dequantize($0, format: tensor.format, count: count) }
    guard values.allSatisfy(\.isFinite) else {
      throw LanguageModelError.impossible(
        path: file.path, key: "tensor \(name)", found: "a value that is not a finite number", expected: "finite numbers"
      )
    }
    return values
  }
}

extension TensorFormat {
  /// The same format as the compute wing names it.
  var weightFormat: WeightFormat {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .q4_0: .q4_0
    case .q4_1: .q4_1
    case .q8_0: .q8_0
    }
  }
}
