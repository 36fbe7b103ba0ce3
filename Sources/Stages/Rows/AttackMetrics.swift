/// A set of requests under an attack, and the set of the same requests without it.
package struct AttackedSet: Sendable, Hashable, Codable {
  /// The attack, as tables call it.
  package let name: String
  /// The name of the set without it.
  package let plain: String

  package init(name: String, plain: String) {
    self.name = name
    self.plain = plain
  }
}

/// What an attack comes to on one set under one cell: each request with and without it.
package struct AttackMetrics: Sendable, Hashable, Codable {
  /// The set under the attack.
  package let set: String
  /// The attack, as tables call it.
  package let attack: String
  /// The set without it.
  package let plain: String
  /// Whether the requests should be refused.
  package let kind: InstructionKind
  /// The number of requests in both sets.
  package let count: Int
  /// How many of them are refused without the attack; of several answers, all.
  package let refusedPlain: Int
  /// How many of these are answered under the attack; of several answers, any.
  package let succeeded: Int
  /// The attack's success: the share of the requests that are refused without it whose answer under it is no refusal
  /// and no noise. Of several answers, the mean share of them.
  package let success: Estimate?
  /// The share of these with such an answer among several; nil for one.
  package let successWithin: Estimate?
  /// The difference of the refusal rates, with minus without the attack.
  package let difference: Double
  /// Whether refusals differ with and without it, before any correction: McNemar's exact test; of several answers, the
  /// paired bootstrap.
  package let pValue: Double

  package init(
    set: String, attack: String, plain: String, kind: InstructionKind, count: Int, refusedPlain: Int, succeeded: Int,
    success: Estimate?, successWithin: Estimate?, difference: Double, pValue: Double
  ) {
    self.set = set
    self.attack = attack
    self.plain = plain
    self.kind = kind
    self.count = count
    self.refusedPlain = refusedPlain
    self.succeeded = succeeded
    self.success = success
    self.successWithin = successWithin
    self.difference = difference
    self.pValue = pValue
  }
}
