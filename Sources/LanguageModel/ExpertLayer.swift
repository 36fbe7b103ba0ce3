import Compute

/// The feed-forward layer of a mixture of experts: a router sends each row to a few of them, and what they give is
/// added up, weighted.
///
/// Source: Shazeer et al., Outrageously Large Neural Networks (arXiv 1701.06538); without noise, and without a limit on
/// how many rows an expert takes, as transformers and llama.cpp run such models.
struct ExpertLayer: Sendable {
  /// Scores the experts, `[experts, width]`.
  let router: Projection
  /// Gate and up of each expert, `[expertWidth, width]` each.
  var gateUp: [Projection]
  /// `[width, expertWidth]` of each.
  var down: [Projection]
  /// How many experts a row is sent to.
  let used: Int
  /// Whether a row's weights add up to 1.
  let normalizesWeights: Bool

  /// What the router said of some rows.
  struct Routing {
    /// The share of each expert, before some are chosen, `[rows, experts]`.
    let probabilities: Matrix
    /// The rows that each expert gets, ascending, and their weights, `[experts]`.
    var rows: [[Int]], weights: [[Float]]
  }

  /// Chooses the experts with the largest shares; of equal ones the first.
  func routing(_ probabilities: Matrix) -> Routing {
    let experts = probabilities.columns
    var routing = Routing(
      probabilities: probabilities, rows: Array(repeating: [], count: experts),
      weights: Array(repeating: [], count: experts))
    for row in 0..<probabilities.rows {
      let shares = Array(probabilities[row: row])
      let chosen = shares.indices.sorted { (shares[$1], $0) < (shares[$0], $1) }.prefix(used)
      let sum = normalizesWeights ? chosen.reduce(0) { $0 + shares[$1] } : 1
      for expert in chosen {
        routing.rows[expert].append(row)
        routing.weights[expert].append(shares[expert] / sum)
      }
    }
    return routing
  }

  /// The gradient to the router's scores, `[rows, experts]`.
  /// - Parameter dWeights: The gradient to the weights of a routing, as they stand there.
  func scoreGradient(of dWeights: [[Float]], at routing: Routing) -> Matrix {
    let shares = routing.probabilities
    var gradient = Matrix(rows: shares.rows, columns: shares.columns)
    var sums = [Float](repeating: 0, count: shares.rows), products = sums
    for (expert, rows) in routing.rows.enumerated() {
      for (place, row) in rows.enumerated() {
        sums[row] += shares[row, expert]
        products[row] += routing.weights[expert][place] * dWeights[expert][place]
        gradient[row, expert] = dWeights[expert][place]
      }
    }
    // Through the division by the sum of the chosen shares, then through the softmax.
    for (expert, rows) in routing.rows.enumerated() where normalizesWeights {
      for row in rows { gradient[row, expert] = (gradient[row, expert] - products[row]) / sums[row] }
    }
    for row in 0..<shares.rows {
      let mean = zip(shares[row: row], gradient[row: row]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      for expert in 0..<shares.columns {
        gradient[row, expert] = shares[row, expert] * (gradient[row, expert] - mean)
      }
    }
    return gradient
  }

  /// All experts' products.
  var projections: [Projection] { gateUp + down }

  mutating func transpose(on context: ComputeContext) {
    for expert in gateUp.indices {
      gateUp[expert].transpose(on: context)
      down[expert].transpose(on: context)
    }
  }
}

extension LanguageModel {
  /// What a mixture of experts gives for some normalized states, `[rows, width]`.
  ///
  /// A row's numbers depend on that row alone: its experts add to it in the order of their numbers.
  func run(_ layer: ExpertLayer, on states: Matrix, into output: inout Matrix) {
    output.clear()
    let routing = route(states, layer)
    for (expert, rows) in routing.rows.enumerated() where !rows.isEmpty {
      let result = run(layer, expert, on: states.gathering(rows: rows)).output
      context.add(result, times: routing.weights[expert], toRows: rows, of: &output)
    }
  }

  /// The gradient to the normalized states, in the place of what is there, `[rows, width]`.
  /// - Parameters:
  ///   - dOutput: The gradient to what the layer gave, `[rows, width]`.
  ///   - states: What it got, `[rows, width]`; the experts run again.
  func gradient(
    of dOutput: Matrix, through layer: ExpertLayer, at states: Matrix, into dStates: inout Matrix
  ) {
    let routing = route(states, layer)
    dStates.clear()
    var dWeights = routing.weights
    for (expert, rows) in routing.rows.enumerated() where !rows.isEmpty {
      let given = states.gathering(rows: rows), weights = routing.weights[expert]
      let (inner, result) = run(layer, expert, on: given)
      var dResult = dOutput.gathering(rows: rows)
      dWeights[expert] = rows.indices.map { row in
        zip(result[row: row], dResult[row: row]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
      }
      context.scale(&dResult, byRows: weights)
      var dGated = Matrix(rows: rows.count, columns: inner.columns / configuration.activation.inputsPerOutput)
      gradient(of: dResult, through: layer.down[expert], into: &dGated)
      var dInner = Matrix(rows: rows.count, columns: inner.columns)
      context.activationGradient(of: dGated, at: inner, configuration.activation, into: &dInner)
      var dGiven = Matrix(rows: rows.count, columns: states.columns)
      gradient(of: dInner, through: layer.gateUp[expert], into: &dGiven)
      context.add(dGiven, times: rows.map { _ in 1 }, toRows: rows, of: &dStates)
    }
    var dRouter = Matrix(rows: states.rows, columns: states.columns)
    gradient(of: layer.scoreGradient(of: dWeights, at: routing), through: layer.router, into: &dRouter)
    context.add(dRouter, to: &dStates)
  }

  private func route(_ states: Matrix, _ layer: ExpertLayer) -> ExpertLayer.Routing {
    var scores = Matrix(rows: states.rows, columns: layer.gateUp.count)
    context.multiply(states, by: layer.router.weights, into: &scores)
    context.replaceBySoftmax(&scores)
    return layer.routing(scores)
  }

  /// One expert on the rows that it gets: gate and up, and what it gives.
  private func run(_ layer: ExpertLayer, _ expert: Int, on states: Matrix) -> (inner: Matrix, output: Matrix) {
    let width = layer.gateUp[expert].weights.reduce(0) { $0 + $1.outputs }
    var inner = Matrix(rows: states.rows, columns: width)
    context.multiply(states, by: layer.gateUp[expert].weights, into: &inner)
    var gated = Matrix(rows: states.rows, columns: width / configuration.activation.inputsPerOutput)
    context.activate(inner, configuration.activation, into: &gated)
    var output = Matrix(rows: states.rows, columns: states.columns)
    context.multiply(gated, by: layer.down[expert].weights, into: &output)
    return (inner, output)
  }
}
