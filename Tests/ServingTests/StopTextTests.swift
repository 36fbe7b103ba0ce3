import Testing

@testable import Serving

struct StopTextTests {
  /// However a text is cut into pieces, what is passed on is what stands before the first stop.
  @Test(arguments: [
    ("Hello, world. END of it", ["END", "it"], "Hello, world. "), ("aaab", ["aab"], "a"), ("abc", ["x"], "abc"),
    ("ababac", ["abac"], "ab"), ("überé", ["é"], "über"), ("ab", [], "ab"), ("stop", ["stop"], ""),
    ("almost sto", ["stop"], "almost sto"), ("x\n\ny", ["\n\n"], "x"),
  ]) func textIsPassedOnUpToTheStop(text: String, stops: [String], expected: String) {
    for width in 1...text.count {
      var stop = StopText(stops), passed = "", rest = Substring(text)
      while !rest.isEmpty {
        passed += stop.append(String(rest.prefix(width)))
        rest = rest.dropFirst(width)
      }
      if !stop.isStopped { passed += stop.finish() }
      #expect(passed == expected, "pieces of \(width)")
      #expect(stop.isStopped == (expected != text))
    }
  }

  @Test func onlyWhatMayBeginAStopIsHeldBack() {
    var stop = StopText(["<end>"])
    #expect(stop.append("a<b") == "a<b")
    #expect(stop.append("c<e") == "c")
    #expect(stop.append("f") == "<ef")
  }
}
