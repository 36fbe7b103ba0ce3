extension Attack {
  /// A file brings another wording of each request.
  package static let translation = Attack(
    "translation", "each request as a file has it by its id: translated, or reworded in any other way",
    source: "Yong, Menghini and Bach, arXiv 2310.02446; Deng et al., arXiv 2310.06474", .translation)
}
