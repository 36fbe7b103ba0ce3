import Compute
package import ModelFiles

extension LowRankAdapter {
  /// The adapter that a file of PEFT holds.
  /// - Throws: ``LanguageModelError/unfitAdapter(place:found:expected:)`` for a module that the engine does not adapt.
  package init(_ file: LoraAdapterFile) throws(LanguageModelError) {
    var targets: [AdapterTarget] = []
    for module in file.modules {
      guard let target = AdapterTarget.allCases.first(where: { $0.module == module }) else {
        throw .unfitAdapter(
          place: "target_modules", found: module,
          expected: "some of \(AdapterTarget.allCases.map(\.module).joined(separator: ", "))")
      }
      targets.append(target)
    }
    let settings = try AdapterShape(
      rank: file.rank, alpha: file.alpha, targets: targets, isRankStabilized: file.isRankStabilized)
    var pairs: [LowRankPair] = []
    for layer in file.layers {
      for target in settings.targets {
        guard let index = targets.firstIndex(of: target), let a = Matrix(layer[index].a),
          let b = Matrix(layer[index].b)
        else { throw .unfitAdapter(place: target.rawValue, found: "no matrices", expected: "A and B") }
        pairs.append(LowRankPair(a: a, b: b))
      }
    }
    self.init(settings: settings, pairs: pairs)
  }

  /// The adapter as PEFT's files hold it.
  /// - Parameter baseModelName: The model that it belongs to, as a Hugging Face name or a path.
  package func file(baseModelName: String?) -> LoraAdapterFile {
    let targets = settings.targets.sorted { $0.module < $1.module }
    let order = targets.compactMap { settings.targets.firstIndex(of: $0) }
    let layers = stride(from: 0, to: pairs.count, by: targets.count).map { first in
      order.map { LoraAdapterFile.Pair(a: pairs[first + $0].a.tensor, b: pairs[first + $0].b.tensor) }
    }
    return LoraAdapterFile(
      rank: settings.rank, alpha: settings.alpha, isRankStabilized: settings.isRankStabilized,
      modules: targets.map(\.module), layers: layers, baseModelName: baseModelName)
  }
}

extension Matrix {
  fileprivate init?(_ tensor: SafetensorsTensor) {
    guard tensor.shape.count == 2 else { return nil }
    self.init(rows: tensor.shape[0], columns: tensor.shape[1], values: tensor.values)
  }

  fileprivate var tensor: SafetensorsTensor { SafetensorsTensor(shape: [rows, columns], values: values) }
}
