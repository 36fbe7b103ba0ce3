/// The few directions of hidden states in which a model's refusals and a request's harm show: `space.json` (Zheng et
/// al., arXiv 2401.18018, Section 3).
package struct RepresentationSpace: Sendable, Hashable, Codable {
  /// Principal components of hidden states.
  package struct Subspace: Sendable, Hashable, Codable {
    /// The mean state, `[width]`.
    package let mean: [Double]
    /// Orthonormal directions, `[components][width]`.
    package let components: [[Double]]
    /// The share of the states' variance along each.
    package let shares: [Double]

    package init(mean: [Double], components: [[Double]], shares: [Double]) {
      self.mean = mean
      self.components = components
      self.shares = shares
    }

    /// Where a state `[width]` lies: its distances from the mean along the components.
    package func coordinates(of state: [Float]) -> [Double] {
      components.map { component in
        zip(component, zip(state, mean)).reduce(0) { $0 + $1.0 * (Double($1.1.0) - $1.1.1) }
      }
    }
  }

  /// A number that is linear in the coordinates: the logit of a logistic regression.
  package struct Logit: Sendable, Hashable, Codable {
    /// One for each component.
    package let weights: [Double]
    package let bias: Double

    package init(weights: [Double], bias: Double) {
      self.weights = weights
      self.bias = bias
    }

    /// The number at some coordinates.
    package func value(at coordinates: [Double]) -> Double {
      zip(weights, coordinates).reduce(bias) { $0 + $1.0 * $1.1 }
    }
  }

  package let subspace: Subspace
  /// The logit of an answer that refuses.
  package let refusal: Logit
  /// The logit of a harmful request.
  package let harmfulness: Logit

  package init(subspace: Subspace, refusal: Logit, harmfulness: Logit) {
    self.subspace = subspace
    self.refusal = refusal
    self.harmfulness = harmfulness
  }
}
