/// How the names of a scope begin. Jinja decides that when it compiles a template, not when it runs it: a name that a
/// scope sets anywhere is undefined in it until then, whatever it stands for outside, unless the scope reads it before.
struct ScopeNames: Sendable {
  /// Names that begin as what the template was given, or what every template has.
  var given: [String] = []
  /// Names that begin as what they stand for in the scopes around.
  var outer: [String] = []
  /// Names that begin undefined.
  var undefined: [String] = []

  /// How many names there are.
  var count: Int { given.count + outer.count + undefined.count }
}

/// The names that a scope has met so far: Jinja's `idtracking.Symbols`.
struct ScopeSymbols {
  /// What a name begins as.
  enum Beginning { case parameter, given, outer, undefined }

  /// The names of the scopes around.
  let outer: Set<String>
  private var beginnings: [String: Beginning] = [:]
  private var stores: Set<String> = []

  /// The symbols of a scope that has met no name.
  init(outer: Set<String>) { self.outer = outer }

  /// How many names the scope has met.
  var count: Int { beginnings.count }

  /// All names that are known within the scope.
  var all: Set<String> { outer.union(beginnings.keys) }

  /// How the names begin.
  var names: ScopeNames {
    var names = ScopeNames()
    for (name, beginning) in beginnings {
      switch beginning {
      case .parameter: break
      case .given: names.given.append(name)
      case .outer: names.outer.append(name)
      case .undefined: names.undefined.append(name)
      }
    }
    return names
  }

  /// A name is set from without: a parameter, the target of a loop.
  mutating func declare(_ name: String) {
    stores.insert(name)
    beginnings[name] = .parameter
  }

  /// A name is set.
  mutating func store(_ name: String) {
    stores.insert(name)
    guard beginnings[name] == nil else { return }
    beginnings[name] = outer.contains(name) ? .outer : .undefined
  }

  /// A name is read.
  mutating func load(_ name: String) {
    guard beginnings[name] == nil, !outer.contains(name) else { return }
    beginnings[name] = .given
  }

  /// Takes over what the branches of an `if` block met: a name that only some of them set keeps what it was.
  mutating func join(_ branches: [ScopeSymbols]) {
    let set = branches.reduce(into: Set<String>()) { $0.formUnion($1.stores) }.subtracting(stores)
    for branch in branches {
      beginnings.merge(branch.beginnings) { $1 }
      stores.formUnion(branch.stores)
    }
    for name in set { beginnings[name] = outer.contains(name) ? .outer : .given }
  }
}
