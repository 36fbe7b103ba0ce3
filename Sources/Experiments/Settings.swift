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
      "A name from the model catalog (or an alias: `smollm2`, `smollm2-135m-instruct`), or the path of a GGUF file or "
        + "a Hugging Face folder. For a split GGUF model, name any of its parts. With `\"engine\": \"transformers\"`, "
        + "also a name of the Hugging Face hub: `OWNER/NAME` or `OWNER/NAME@REVISION`."),
    .optionalText(
      "chatTemplate", \.conversation.chatTemplate, isPath: true, example: "vicuna",
      "A [chat template](models.md#chat-templates) to use instead of the model's own: the name of a built-in one, or "
        + "the path of a Jinja file."),
    .optionalBoolean(
      "thinking", \.conversation.thinking, example: false,
      "Whether a thinking model thinks before it answers. Passed to its chat template as `enable_thinking` and "
        + "`thinking`; with `null`, the template decides."),
    .date(
      "date", \.conversation.date, example: "2026-01-31",
      "The date for chat templates that state one, such as Llama 3.1's. It never defaults to the current day, so "
        + "conversations are reproducible."),
    .choice(
      "precision", \.precision, example: "bfloat16",
      "The precision of products with the model's weights. `\"bfloat16\"` rounds both factors to 8 bits of precision "
        + "and sums in 32-bit floats. It is up to twice as fast on processors with AVX-512 BF16, and gives the same "
        + "bytes on all others. `\"int8\"` uses quantized weights as they are and rounds the other factor to 8-bit "
        + "integers, with a scale for each block of 32, as llama.cpp does. It is faster on all x86-64 processors with "
        + "AVX2 or better. Its gradients go through the weights transposed and rounded to 8 bits, and weights that are "
        + "not quantized are multiplied as with `\"bfloat16\"`. Local judges always use `float32`. See "
        + "[performance](performance.md#precision) for the effect."),
    .choice(
      "engine", \.engine.kind, example: "transformers",
      "What runs the models: Antipode's own engine, or PyTorch with [transformers](engines.md), on a GPU if there is "
        + "one. Local judges always run on Antipode's own."),
    .text(
      "device", \.engine.device, example: "cuda:1",
      "For `transformers`: `\"auto\"` (the first GPU, otherwise the CPU), `\"cpu\"`, `\"cuda\"` or `\"cuda:1\"`. It is "
        + "recorded, but part of no hash."),
    .choice(
      "dtype", \.engine.computation.dtype, example: "bfloat16",
      "For `transformers`: the data type of weights, hidden states and the KV cache."),
    .optionalChoice(
      "quantization", \.engine.computation.quantization, example: "nf4",
      "For `transformers`: the bitsandbytes format to which weights are quantized when they are loaded, or `null`."),
    .optionalChoice(
      "attention", \.engine.computation.attention, example: "eager",
      "For `transformers`: its attention implementation. `null` uses its default."),
    .section("anchors", \.anchors, example: ["size": 50], "How the anchor pairs are made."),
    .section("tuning", \.tuning, example: ["steps": 100], "How both prompts are tuned."),
    .section(
      "adapter", \.adapter, example: ["rank": 16],
      "How the low-rank adapter is trained, for methods that use one."),
    .section("decoding", \.decoding, example: ["method": "sp"], "How the evaluation sets are answered."),
    .section(
      "evaluation", \.evaluation, example: ["judges": []], "The evaluation sets and the judges."),
  ]

  func check(at place: String, written: JSONObject) throws(ManifestError) {
    try engine.check(beside: precision)
  }
}
