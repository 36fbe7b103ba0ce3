import JSON
package import Stages

/// Everything that one cell of an experiment is run with, resolved: no key is missing, every value is possible.
package struct Settings: Sendable, Hashable {
  package var seed = 1
  package var model = "smollm2-135m-instruct-q4_1"
  package var conversation = ConversationSettings()
  package var engine = EngineSettings()
  package var precision = ProductPrecision.float32
  package var anchors = AnchorSettings()
  package var tuning = TuningSettings()
  package var adapter = AdapterSettings()
  package var decoding = DecodingSettings()
  package var evaluation = EvaluationSettings()

  /// What computes with the models.
  package var computation: ModelComputation { engine.computation(precision) }

  /// The computation as stages have it: the usual one is not named.
  var stagePrecision: ModelComputation? { computation.parameter }

  /// The model that answers the anchors' instructions, where another one does.
  var anchorModels: [String] { decoding.method.needsAnchors ? [anchors.model].compactMap(\.self) : [] }

  /// Whether answers are scored under the untouched model: noise is told by refusals, too.
  package var measuresFluency: Bool {
    evaluation.fluency && !evaluation.isGiven && evaluation.sets.contains { $0.measure == .answers }
  }

  /// The data files that a cell of these settings reads, as written.
  var files: [String] {
    var files =
      evaluation.sets.flatMap { [$0.file, $0.attack?.file].compactMap(\.self) }
      + [evaluation.wordings].compactMap(\.self)
    files += [conversation.templateFile].compactMap(\.self)
    files += evaluation.judges.compactMap(\.conversation.templateFile) + evaluation.judges.compactMap(\.prompt)
    files += evaluation.answerFiles
    // Where answers came from elsewhere, no method runs.
    guard !evaluation.isGiven else { return files }
    if decoding.method.needsAnchors {
      files += [anchors.harmful, anchors.harmless, anchors.systemPrompts]
      if anchors.refusalSource == .wordings { files.append(anchors.refusals) }
    }
    if measuresFluency { files.append(anchors.refusals) }
    if decoding.method.needsDirection { files += [anchors.harmful, anchors.harmless] }
    if evaluation.probe != .none { files += [anchors.harmful, anchors.harmless, anchors.systemPrompts] }
    if decoding.method.needsSystemPrompts { files.append(anchors.systemPrompts) }
    if decoding.method.needsDemonstrations { files.append(decoding.demonstrations) }
    return files
  }
}

extension Settings: ManifestSection {
  static let keys: [ManifestKey<Self>] = [
    .integer("seed", \.seed, in: ManifestLimits.seeds, example: 7, "The seed of every random number."),
    .text(
      "model", \.model, example: "models/mine.gguf",
      "A name of the model catalog (or an alias: `smollm2`, `smollm2-135m-instruct`), or the path of a GGUF file (of "
        + "a split model: any of its parts) or of a Hugging Face folder."),
    .optionalText(
      "chatTemplate", \.conversation.chatTemplate, isPath: true, example: "vicuna",
      "A [chat template](models.md#chat-templates) instead of the model's own: a name of the built-in ones, or the "
        + "path of a Jinja file."),
    .optionalBoolean(
      "thinking", \.conversation.thinking, example: false,
      "Whether a model that can thinks aloud before it answers, given to its chat template as `enable_thinking` and "
        + "`thinking`; `null` leaves it to the template."),
    .date(
      "date", \.conversation.date, example: "2026-01-31",
      "The day that chat templates tell which tell one, Llama 3.1's for instance. It is never today's by itself, so "
        + "that a conversation is the same tomorrow."),
    .choice(
      "precision", \.precision, example: "bfloat16",
      "How exact the products with the model's weights are. With `\"bfloat16\"` both factors are rounded to it (8 "
        + "bits) and summed as 32-bit floats: up to twice as fast on processors with AVX-512 BF16, the same bytes on "
        + "all others. With `\"int8\"` quantized weights keep their bits and what they are multiplied with is "
        + "rounded to 8-bit integers, with a scale for each block of 32, as llama.cpp does: faster on all x86-64 "
        + "processors with AVX2 or better; gradients go through the weights transposed and rounded to 8 bits. "
        + "Weights that are not quantized are multiplied as with `\"bfloat16\"`. Local judges stay at `float32`. "
        + "What it changes: [performance](performance.md#precision)."),
    .choice(
      "engine", \.engine.kind, example: "transformers",
      "What computes with the models: this project's own engine, or PyTorch with [transformers](engines.md), on a GPU "
        + "where there is one. Local judges stay on our own."),
    .text(
      "device", \.engine.device, example: "cuda:1",
      "Of `transformers`: `\"auto\"` (the first GPU, or the processor), `\"cpu\"`, `\"cuda\"` or `\"cuda:1\"`. It is "
        + "in the records and in no hash."),
    .choice(
      "dtype", \.engine.computation.dtype, example: "bfloat16",
      "Of `transformers`: the format of weights, states, keys and values."),
    .optionalChoice(
      "quantization", \.engine.computation.quantization, example: "nf4",
      "Of `transformers`: what bitsandbytes packs the weights to as they are loaded, or `null`."),
    .optionalChoice(
      "attention", \.engine.computation.attention, example: "eager",
      "Of `transformers`: its implementation of attention; `null` takes what it takes by itself."),
    .section("anchors", \.anchors, example: ["size": 50], "How the anchor pairs are made."),
    .section("tuning", \.tuning, example: ["steps": 100], "How both prompts are tuned."),
    .section(
      "adapter", \.adapter, example: ["rank": 16],
      "How the low-rank adapter is trained, for the methods that have one."),
    .section("decoding", \.decoding, example: ["method": "sp"], "How the evaluation sets are answered."),
    .section(
      "evaluation", \.evaluation, example: ["judges": []], "What is evaluated, and by whom."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    try engine.check(beside: precision)
  }
}
