import JSON

/// FlyingFox has a type of this name, too; in this wing it is ours.
typealias JSONValue = JSON.JSONValue
