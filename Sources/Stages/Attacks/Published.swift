extension Attack {
  /// A file brings the text that somebody's attack found for each request.
  package static let published = Attack(
    "published", "the text that a file has for each request: what an attack such as GCG or PAIR found",
    source: "JailbreakBench's artifacts: Chao et al., arXiv 2404.01318", .published)
}
