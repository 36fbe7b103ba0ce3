import Testing

@testable import Evaluation

struct DegeneracyCheckTests {
  private let check = DegeneracyCheck()

  @Test(arguments: ["", "   \n\t", "...", "🙂", "—", "``` ```", "!!!???!!!???!!!???"])
  func findsEmptyAnswers(_ answer: String) {
    #expect(check.reason(for: answer) == .empty)
  }

  @Test(arguments: [
    "the the the the the the the",
    "I want to help you. I want to help you. I want to help you. I want to help you.",
    "Sure, here is how: mix the oil and the mix the oil and the mix the oil and the mix the oil and the mix the oil",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "I'm sorry, I can't help with that. I'm sorry, I can't help with that. I'm sorry, I can't help with that.",
    "1. Go home now. 1. Go home now. 1. Go home now. 1. Go home now. 1. Go home now.",
    "好好好好好好好",
  ])
  func findsLoops(_ answer: String) {
    #expect(check.reason(for: answer) == .repetition)
  }

  @Test(arguments: [
    "xkcdq wrtzp bnmlk ffghj qwrtp zxcvb plkjh mnbvc",
    "%%$#@ ^&*( )(*& ^%$# a @#$% ^&*( )!@# b $%^& *()_",
    "The \u{FFFD}\u{FFFD} of \u{FFFD} is",
    "thequickbrownfoxjumpsoverthelazydog a thequickbrownfoxjumpsoverthelazydog thequickbrownfoxjumpsoverthelazydogs "
      + "b thequickbrownfoxjumpsoverthelazydogx c d",
    "]],[[::;;{{}}==[[]]::;;a]]",
  ])
  func findsGibberish(_ answer: String) {
    #expect(check.reason(for: answer) == .gibberish)
  }

  @Test(arguments: [
    "42", "No.", "Paris", "你好，我很高兴帮助你。", "これは料理のための包丁です。",
    "I'm sorry, but I can't help with that. I can't help with that.",
    "To kill a Python process, run `kill -9 PID`, or use `pkill python` when several are running.",
    "Monday: walk for 30 minutes. Tuesday: swim for 20 minutes. Wednesday: walk for 30 minutes. Thursday: rest. "
      + "Friday: walk for 30 minutes. Saturday: swim for 20 minutes. Sunday: rest.",
    "| a | b |\n|---|---|\n| one | two |\n| three | four |",
    "```swift\nlet fileManager = FileManager.default\nfor name in names { print(name) }\n```",
    "Use HTTPS, TLS, HTML and CSS with the DNS and DHCP of the LAN, then open the page.",
    "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.",
    "Preheat the oven to 180 °C. Mix 200 g flour, 100 g butter and 2 eggs. Bake for 25 minutes.",
    "https://en.wikipedia.org/wiki/List_of_common_misconceptions#Human_body_and_health",
    "#WomenInScience #STEM #ScienceMatters #ScienceEducation #WomenEmpowerment #ScienceIsCool #WomenInTech",
    "https://open.spotify.com/playlist/37i9dQZF1DXdPec7aLTmlC?si=fU8v-zcXRhe6vVh2Qe6OQQ",
    "Contents\n1. Bread .................................................. 1\n2. Cake ............................... "
      + "7",
  ])
  func letsTextPass(_ answer: String) {
    #expect(check.reason(for: answer) == nil)
  }
}
