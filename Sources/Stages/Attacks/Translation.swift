extension Attack {
  /// A file brings another wording of each request.
  package static let translation = Attack(
    "translation", "a translation or rewording of each request, from a file, by id",
    source: "Yong, Menghini and Bach, arXiv 2310.02446; Deng et al., arXiv 2310.06474", .translation)
}
