"""Writes a transformers model as GGUF, as llama.cpp's `convert_hf_to_gguf.py` does for the families that we read."""

import gguf
import numpy

ARCHITECTURES = {
    "llama": gguf.MODEL_ARCH.LLAMA, "mistral": gguf.MODEL_ARCH.LLAMA, "bloom": gguf.MODEL_ARCH.BLOOM,
    "qwen2": gguf.MODEL_ARCH.QWEN2, "qwen3": gguf.MODEL_ARCH.QWEN3, "gemma2": gguf.MODEL_ARCH.GEMMA2,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3, "phi3": gguf.MODEL_ARCH.PHI3, "olmo2": gguf.MODEL_ARCH.OLMO2,
    "olmo3": gguf.MODEL_ARCH.OLMO2, "granite": gguf.MODEL_ARCH.GRANITE, "smollm3": gguf.MODEL_ARCH.SMOLLM3,
    "qwen3_moe": gguf.MODEL_ARCH.QWEN3MOE,
}  # fmt: skip


def neighbors(rows, heads):
    """Rows of queries or keys in the order in which rotary pairs are neighbors."""
    return rows.reshape(heads, 2, -1, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def rope(configuration, kind=None):
    parameters = getattr(configuration, "rope_parameters", None) or {}
    return parameters.get(kind, parameters) if kind else parameters


def llama3_factors(configuration):
    """What each frequency is divided by, as the converter writes it."""
    parameters = rope(configuration)
    low = parameters["original_max_position_embeddings"] / parameters["low_freq_factor"]
    high = parameters["original_max_position_embeddings"] / parameters["high_freq_factor"]
    size = configuration.head_dim
    factors = []
    for frequency in 1.0 / parameters["rope_theta"] ** (numpy.arange(0, size, 2, dtype=numpy.float32) / size):
        wavelength = 2 * numpy.pi / frequency
        if wavelength < high:
            factors.append(1.0)
        elif wavelength > low:
            factors.append(parameters["factor"])
        else:
            span = parameters["high_freq_factor"] - parameters["low_freq_factor"]
            smooth = (parameters["original_max_position_embeddings"] / wavelength - parameters["low_freq_factor"]) / span
            factors.append(1 / ((1 - smooth) / parameters["factor"] + smooth))
    return numpy.array(factors, dtype=numpy.float32)


def keys(writer, c):
    """The metadata of a configuration."""
    kind = c.model_type
    heads = c.num_attention_heads
    writer.add_block_count(c.num_hidden_layers)
    writer.add_embedding_length(c.hidden_size)
    writer.add_head_count(heads)
    if kind == "bloom":
        writer.add_context_length(2048)
        writer.add_feed_forward_length(4 * c.hidden_size)
        writer.add_head_count_kv(heads)
        writer.add_layer_norm_eps(c.layer_norm_epsilon)
        return
    writer.add_context_length(c.max_position_embeddings)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    writer.add_key_length(c.head_dim)
    writer.add_value_length(c.head_dim)
    parameters = rope(c, "full_attention") if kind in ("gemma3_text", "olmo3") else rope(c)
    writer.add_rope_freq_base(parameters["rope_theta"])
    if kind not in ("gemma2", "gemma3_text", "qwen2", "qwen3", "qwen3_moe"):
        writer.add_rope_dimension_count(int(c.head_dim * parameters.get("partial_rotary_factor", 1.0)))
    window = getattr(c, "sliding_window", None)
    if kind == "phi3" or (window and kind not in ("qwen2", "qwen3", "qwen3_moe", "smollm3")):
        # The converter writes 0 for a Phi-3 without a window, to tell it from Phi-4.
        writer.add_sliding_window(window or 0)
    if parameters.get("rope_type") == "linear":
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(parameters["factor"])
    if parameters.get("rope_type") == "longrope":
        original = parameters["original_max_position_embeddings"]
        scale = c.max_position_embeddings / original
        writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        writer.add_rope_scaling_orig_ctx_len(original)
        writer.add_rope_scaling_attn_factors(
            1.0 if scale <= 1 else float(numpy.sqrt(1 + numpy.log(scale) / numpy.log(original))))  # fmt: skip
    if parameters.get("rope_type") == "yarn":
        writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        writer.add_rope_scaling_factor(parameters["factor"])
        writer.add_rope_scaling_orig_ctx_len(parameters["original_max_position_embeddings"])
    if kind == "olmo3":
        writer.add_sliding_window_pattern([t == "sliding_attention" for t in c.layer_types])
    if kind == "qwen3_moe":
        writer.add_expert_count(c.num_experts)
        writer.add_expert_used_count(c.num_experts_per_tok)
        writer.add_expert_feed_forward_length(c.moe_intermediate_size)
    if kind == "granite":
        writer.add_attention_scale(c.attention_multiplier)
        writer.add_embedding_scale(c.embedding_multiplier)
        writer.add_residual_scale(c.residual_multiplier)
        writer.add_logit_scale(c.logits_scaling)
    if kind == "gemma2":
        writer.add_attn_logit_softcapping(c.attn_logit_softcapping)
        writer.add_final_logit_softcapping(c.final_logit_softcapping)


def arrays(model):
    """The GGUF tensors of a model by name, in float32."""
    c = model.config
    kind = c.model_type
    architecture = ARCHITECTURES[kind]
    names = gguf.get_tensor_name_map(architecture, c.num_hidden_layers)
    result = {}
    for key, value in model.state_dict().items():
        if key == "lm_head.weight" and c.tie_word_embeddings is not False:
            continue
        array = value.detach().float().numpy()
        if kind in ("llama", "mistral", "granite", "smollm3"):
            if key.endswith("q_proj.weight"):
                array = neighbors(array, c.num_attention_heads)
            if key.endswith("k_proj.weight"):
                array = neighbors(array, c.num_key_value_heads)
        if kind.startswith("gemma") and key.endswith("norm.weight"):
            array = array + numpy.float32(1)
        if kind == "bloom" and "query_key_value" in key:
            heads, size = c.n_head, c.hidden_size // c.n_head
            array = array.reshape(heads, 3, size, *array.shape[1:]).swapaxes(0, 1).reshape(array.shape)
        if key.endswith("mlp.experts.gate_up_proj"):
            block = f"blk.{key.split('.')[2]}."
            result[f"{block}ffn_gate_exps.weight"], result[f"{block}ffn_up_exps.weight"] = (
                numpy.ascontiguousarray(half) for half in numpy.split(array, 2, axis=1))  # fmt: skip
            continue
        if key.endswith("mlp.experts.down_proj"):
            result[f"blk.{key.split('.')[2]}.ffn_down_exps.weight"] = array
            continue
        name = names.get_name(key.removeprefix("transformer."), try_suffixes=(".weight", ".bias"))
        name = name or names.get_name(key, try_suffixes=(".weight", ".bias"))
        assert name is not None, key
        result[name] = numpy.ascontiguousarray(array)
    parameters = rope(c)
    if parameters.get("rope_type") == "llama3":
        result["rope_freqs.weight"] = llama3_factors(c)
    if parameters.get("rope_type") == "longrope":
        result["rope_factors_short.weight"] = numpy.array(parameters["short_factor"], dtype=numpy.float32)
        result["rope_factors_long.weight"] = numpy.array(parameters["long_factor"], dtype=numpy.float32)
    return result


def write(path, model, stored, **options):
    """Writes a file.

    stored(name, array) gives the tensor's bytes and its ggml type for a matrix, or None for float32.
    """
    writer = gguf.GGUFWriter(str(path), gguf.MODEL_ARCH_NAMES[ARCHITECTURES[model.config.model_type]], **options)
    writer.add_name(path.stem)
    keys(writer, model.config)
    for name, array in arrays(model).items():
        data = stored(name, array) if array.ndim >= 2 else None
        if data is None:
            writer.add_tensor(name, array)
        else:
            writer.add_tensor(name, data[0], raw_dtype=data[1])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
