import Testing

@testable import Evaluation

struct AnswerLanguageTests {
  @Test(arguments: [
    "Es tut mir leid, aber ich kann Ihnen bei dieser Anfrage nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
    "Lo siento, pero no puedo ayudarte con esa solicitud porque es ilegal.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta per la tua sicurezza.",
    "Het spijt me, maar ik kan je niet helpen met dat verzoek.",
    "Maaf, saya tidak dapat membantu Anda dengan permintaan ini.",
    "很抱歉，我不能帮助您。", "Извините, я не могу помочь.", "죄송합니다. 도와드릴 수 없습니다.",
  ]) func isForeign(text: String) { #expect(AnswerLanguage.isForeign(text)) }

  @Test(arguments: [
    "I'm sorry, but I can't help with that request.", "Sure! Here is a list of the best things to do in Rome.",
    "import numpy as np\nfor i in range(10):\n  print(i, np.sqrt(i))", "1. Paris 2. Rome 3. Berlin 4. Madrid", "",
    "¡Hola!", "Use `kill -9 PID`.", "Eggs, milk, flour, butter, salt, sugar, vanilla, lemon, water, yeast.",
  ]) func isNot(text: String) { #expect(!AnswerLanguage.isForeign(text)) }
}
