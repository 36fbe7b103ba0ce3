"""Seeded random checkpoints, one for each family of models, as transformers makes them.

All are tiny, and what sets a family apart is set so that it matters within 40 positions: windows are short, soft caps
low, scalings strong, and no norm's weight or bias is left at one or zero.
"""

import torch
import transformers

SEED, VOCABULARY = 20241124, 96
COMMON = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=1, head_dim=16, max_position_embeddings=128, tie_word_embeddings=False, bos_token_id=1,
    eos_token_id=2, pad_token_id=0)  # fmt: skip
LLAMA3 = dict(
    rope_type="llama3", rope_theta=10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=32)  # fmt: skip


def bloom(heads, size=16):
    return transformers.BloomConfig(
        vocab_size=VOCABULARY, hidden_size=size * heads, n_layer=2, n_head=heads, bos_token_id=1, eos_token_id=2,
        pad_token_id=0)  # fmt: skip


def configurations():
    """The configuration of each family's checkpoint, by the checkpoint's name."""
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    longrope = dict(
        rope_type="longrope", rope_theta=10000.0, short_factor=[1.0 + 0.25 * i for i in range(8)],
        long_factor=[2.0 + i for i in range(8)], original_max_position_embeddings=64)  # fmt: skip
    return {
        "llama": transformers.LlamaConfig(**COMMON),
        "llama3": transformers.LlamaConfig(**COMMON, rope_parameters=LLAMA3),
        "mistral": transformers.MistralConfig(**COMMON, sliding_window=8),
        "bloom": bloom(2),
        "bloom-odd": bloom(3),
        "qwen2": transformers.Qwen2Config(**{**COMMON, "tie_word_embeddings": True}),
        "qwen3": transformers.Qwen3Config(**{**COMMON, "head_dim": 32}),
        "gemma2": transformers.Gemma2Config(
            **{**COMMON, "num_hidden_layers": 3, "tie_word_embeddings": True}, sliding_window=8,
            query_pre_attn_scalar=16, attn_logit_softcapping=2.0, final_logit_softcapping=3.0),
        # A scale of scores that only folders state.
        "gemma2-scale": transformers.Gemma2Config(
            **{**COMMON, "tie_word_embeddings": False}, sliding_window=8, query_pre_attn_scalar=24,
            attn_logit_softcapping=2.0, final_logit_softcapping=30.0),
        "gemma3": transformers.Gemma3TextConfig(
            **{**COMMON, "num_hidden_layers": 7, "tie_word_embeddings": True}, sliding_window=8,
            query_pre_attn_scalar=16, layer_types=(["sliding_attention"] * 5 + ["full_attention"]) + kinds[:1],
            rope_parameters={
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                "full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
            }),
        "phi3": transformers.Phi3Config(**COMMON, sliding_window=24, original_max_position_embeddings=128),
        "phi3-longrope": transformers.Phi3Config(
            **COMMON, sliding_window=None, original_max_position_embeddings=64, rope_parameters=longrope),
        # As Phi-4 mini: three quarters of a head are turned, and the embedding table is the output head.
        "phi4-mini": transformers.Phi3Config(
            **{**COMMON, "tie_word_embeddings": True}, sliding_window=64, original_max_position_embeddings=64,
            rope_parameters={
                **longrope, "partial_rotary_factor": 0.75, "short_factor": [1.0 + 0.25 * i for i in range(6)],
                "long_factor": [2.0 + i for i in range(6)]}),
        # Heads that fill no register of the processor: 24 numbers, and 10 in Bloom.
        "llama-heads": transformers.LlamaConfig(**{**COMMON, "head_dim": 24}),
        "bloom-heads": bloom(2, 10),
        "olmo2": transformers.Olmo2Config(
            **{**COMMON, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8}),
        "olmo3": transformers.Olmo3Config(
            **{**COMMON, "num_hidden_layers": 4}, sliding_window=8, rope_parameters={
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
                "full_attention": {
                    "rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                    "original_max_position_embeddings": 32, "beta_fast": 32.0, "beta_slow": 1.0}}),
        "granite": transformers.GraniteConfig(
            **{**COMMON, "tie_word_embeddings": True}, embedding_multiplier=3.0, residual_multiplier=0.4,
            attention_multiplier=0.1, logits_scaling=2.5),
        "smollm3": transformers.SmolLM3Config(
            **{**COMMON, "num_hidden_layers": 4, "tie_word_embeddings": True}),
        "qwen3-moe": transformers.Qwen3MoeConfig(
            **COMMON, moe_intermediate_size=32, num_experts=4, num_experts_per_tok=2, norm_topk_prob=True),
        # A plain layer among those with experts, and weights that do not add up to 1.
        "qwen3-moe-mixed": transformers.Qwen3MoeConfig(
            **{**COMMON, "hidden_size": 16}, moe_intermediate_size=16, num_experts=4, num_experts_per_tok=3,
            norm_topk_prob=False, mlp_only_layers=[0]),
        # Another interval, and windows where there are no rotary positions.
        "smollm3-window": transformers.SmolLM3Config(
            **{**COMMON, "num_hidden_layers": 2, "tie_word_embeddings": False}, no_rope_layer_interval=2,
            use_sliding_window=True, sliding_window=8),
    }  # fmt: skip


def checkpoint(name):
    """The model in float32, with eager attention, its weights drawn in the order of their names."""
    torch.manual_seed(SEED)
    configuration = configurations()[name]
    model = transformers.AutoModelForCausalLM.from_config(configuration, attn_implementation="eager").float().eval()
    with torch.no_grad():
        done = set()
        for key, value in sorted(model.named_parameters()):
            if value.data_ptr() in done:
                continue
            done.add(value.data_ptr())
            random = torch.randn(value.shape)
            if value.ndim == 1:
                is_weight = key.endswith("weight")
                # Gemma's norms are stored less 1.
                center = (0.0 if name.startswith("gemma") else 1.0) if is_weight else 0.0
                value.copy_(center + 0.2 * random)
            else:
                value.copy_(random * (1.0 if "emb" in key else 1.5 * value.shape[-1] ** -0.5))
    return model
