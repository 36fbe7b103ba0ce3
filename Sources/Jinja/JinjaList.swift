/// The elements of a list or a tuple.
package struct JinjaList: RandomAccessCollection {
  /// The elements in order.
  package let elements: [JinjaValue]
  /// How many lists, tuples and dictionaries lie in one another, this one counted.
  let nesting: Int

  /// A list of elements.
  package init(_ elements: [JinjaValue]) {
    self.elements = elements
    nesting = 1 + (elements.lazy.map(\.nesting).max() ?? 0)
  }

  /// The place of the first element.
  package var startIndex: Int { 0 }
  /// The place behind the last element.
  package var endIndex: Int { elements.count }
  /// The element at a place.
  package subscript(index: Int) -> JinjaValue { elements[index] }
}
