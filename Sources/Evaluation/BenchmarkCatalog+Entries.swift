import Stages

// Addresses name a commit where one is known to hold the file with this hash; the branch otherwise, and the hash then
// says whether it has changed since.
extension BenchmarkCatalog {
  static let advBench = Benchmark(
    name: "advbench", title: "AdvBench", aliases: ["harmful_behaviors", "advbench-harmful-behaviors"],
    address: "https://raw.githubusercontent.com/llm-attacks/llm-attacks/098262edf85f807224e70ecd87b9d83716bf6b73/"
      + "data/advbench/harmful_behaviors.csv",
    fileName: "advbench_harmful_behaviors.csv",
    sha256: "5c9d87515c4d431c3614f25a0af7a462eabdfa6035aa35d746e64159823836e3",
    otherSHA256: ["6cd1a5c63c07610d7eb67307772ee5606017ee950b5770ab288a2c487489d3e1"],
    license: "MIT",
    citation: "Zou, Wang, Carlini, Nasr, Kolter, Fredrikson: Universal and Transferable Adversarial Attacks on Aligned "
      + "Language Models (2023)",
    arXiv: "2307.15043", format: .csv(InstructionFields(instruction: "goal")),
    parts: [BenchmarkPart(kind: .harmful, size: 520)],
    note: "The second hash is the one that other projects give for the file at the address.")

  static let maliciousInstruct = Benchmark(
    name: "maliciousinstruct", title: "MaliciousInstruct", aliases: ["malicious"],
    address: "https://raw.githubusercontent.com/Princeton-SysML/Jailbreak_LLM/main/data/MaliciousInstruct.txt",
    fileName: "MaliciousInstruct.txt",
    sha256: "a64d69dd1004aac4a23aaff3748fb8f17161893f74db36f45b8bc849eb1bcce5",
    license: "none stated at the source",
    citation: "Huang, Gupta, Xia, Li, Chen: Catastrophic Jailbreak of Open-source LLMs via Exploiting Generation "
      + "(ICLR 2024)",
    arXiv: "2310.06987", format: .lines, parts: [BenchmarkPart(kind: .harmful, size: 100)])

  static let harmfulQA = Benchmark(
    name: "harmfulqa", title: "HarmfulQA",
    address: "https://raw.githubusercontent.com/declare-lab/red-instruct/main/harmful_questions/harmfulqa.json",
    fileName: "harmfulqa.json",
    sha256: "e04c1f3c48800ea84f954298e2a74f27e391069e037d60a22c2727eaa22f2cf8",
    license: "Apache-2.0",
    citation: "Bhardwaj, Poria: Red-Teaming Large Language Models using Chain of Utterances for Safety-Alignment "
      + "(2023)",
    arXiv: "2308.09662", format: .jsonTopics, parts: [BenchmarkPart(kind: .harmful, size: 1960)],
    note: "1,938 of the 1,960 questions are distinct.")

  static let dangerousQA = Benchmark(
    name: "dangerousqa", title: "DangerousQA",
    address: "https://raw.githubusercontent.com/declare-lab/red-instruct/main/harmful_questions/dangerousqa.json",
    fileName: "dangerousqa.json",
    sha256: "b40b0193d063cb5d742e6d0e070dde119e0291619830c65653ca19bdc84fdd10",
    license: "MIT",
    citation: "Shaikh, Zhang, Held, Bernstein, Yang: On Second Thought, Let's Not Think Step by Step! Bias and "
      + "Toxicity in Zero-Shot Reasoning (ACL 2023)",
    arXiv: "2212.08061", format: .jsonStrings, parts: [BenchmarkPart(kind: .harmful, size: 200)])

  static let beaverTailsEvaluation = Benchmark(
    name: "beavertails-evaluation", title: "BeaverTails-Evaluation", aliases: ["beavertails", "beavertails-eval"],
    address: "https://huggingface.co/datasets/PKU-Alignment/BeaverTails-Evaluation/resolve/main/test.jsonl",
    fileName: "BeaverTails-Evaluation.jsonl", sha256: nil, license: "CC-BY-NC-4.0",
    citation: "Ji, Liu, Dai, Pan, Zhang, Bian, Chen, Sun, Wang, Yang: BeaverTails: Towards Improved Safety Alignment "
      + "of LLM via a Human-Preference Dataset (NeurIPS 2023)",
    arXiv: "2307.04657", format: .jsonLines(InstructionFields(instruction: "prompt", topic: "category")),
    parts: [BenchmarkPart(kind: .harmful, size: 700)],
    note: "This project has had no copy, so neither the address nor the text is verified; what is "
      + "read has to be 700 prompts.")

  static let xsTest = Benchmark(
    name: "xstest", title: "XSTest v2", aliases: ["xstest-v2", "exaggerated-safety"],
    address: "https://raw.githubusercontent.com/paul-rottger/exaggerated-safety/"
      + "a3bb396ddc1939c6f264f17b7cf5b7a5d82833de/xstest_v2_prompts.csv",
    fileName: "xstest_v2_prompts.csv",
    sha256: "e15832490045469ea1d6f6d3ee5674398fae2ed95962f35f5c90c4f557a86509",
    license: "CC-BY-4.0",
    citation: "Röttger, Kirk, Vidgen, Attanasio, Bianchi, Hovy: XSTest: A Test Suite for Identifying Exaggerated "
      + "Safety Behaviours in Large Language Models (NAACL 2024)",
    arXiv: "2308.01263", format: .csv(InstructionFields(instruction: "prompt", id: "id_v2", topic: "type")),
    parts: [
      BenchmarkPart("safe", kind: .harmless, size: 250, selection: .topicsNotBeginning(with: "contrast_")),
      BenchmarkPart("unsafe", kind: .harmful, size: 200, selection: .topicsBeginning(with: "contrast_")),
    ])

  static let alpacaEval = Benchmark(
    name: "alpacaeval", title: "AlpacaEval", aliases: ["alpaca"],
    address: "https://huggingface.co/datasets/tatsu-lab/alpaca_eval/resolve/"
      + "2edc6fad8be6b14ea7230aabfd08188da6b8b814/alpaca_eval.json",
    fileName: "alpaca_eval.json",
    sha256: "d92b92c51e8f1962a21193abe74e6f727c2bc8286035f4041505ff38a7c3ae51",
    license: "CC-BY-NC-4.0",
    citation: "Dubois, Li, Taori, Zhang, Gulrajani, Ba, Guestrin, Liang, Hashimoto: AlpacaFarm: A Simulation Framework "
      + "for Methods that Learn from Human Feedback (NeurIPS 2023)",
    arXiv: "2305.14387",
    format: .jsonObjects(InstructionFields(instruction: "instruction", topic: "dataset", reference: "output")),
    parts: [BenchmarkPart(kind: .harmless, size: 805)],
    note: "The reference answers are text-davinci-003's.")

  static let truthfulQA = Benchmark(
    name: "truthfulqa", title: "TruthfulQA", aliases: ["tqa"],
    address: "https://raw.githubusercontent.com/sylinrl/TruthfulQA/013686a06be7a7bde5bf8223943e106c7250123c/"
      + "TruthfulQA.csv",
    fileName: "TruthfulQA.csv",
    sha256: "78c8a6b52e84bc2ece1a6ef45739c58e5dcb5fb891f3dfbf458835b24a518795",
    license: "Apache-2.0",
    citation: "Lin, Hilton, Evans: TruthfulQA: Measuring How Models Mimic Human Falsehoods (ACL 2022)",
    arXiv: "2109.07958",
    format: .csv(
      InstructionFields(
        instruction: "Question", topic: "Category", reference: "Best Answer", correct: "Correct Answers",
        incorrect: "Incorrect Answers")),
    parts: [BenchmarkPart(kind: .harmless, size: 813)],
    note: "Editions differ: the first has 817 questions, the address may hold that one, and the hash is of a copy with "
      + "813. Another edition can be evaluated as a file of your own.")
}
