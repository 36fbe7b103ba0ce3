extension Attack {
  /// A file brings the text that somebody's attack found for each request.
  package static let published = Attack(
    "published", "the text that an attack such as GCG or PAIR found for each request, from a file",
    source: "JailbreakBench's artifacts: Chao et al., arXiv 2404.01318", .published)
}
