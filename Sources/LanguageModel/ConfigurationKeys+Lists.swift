extension ConfigurationKeys {
  /// Keys that other families compute with, and the values with which they change nothing, as they are written; null
  /// and a missing key never do.
  static let foreign: [String: [String]] = [
    "alibi": ["false"], "use_alibi": ["false"],
    "apply_residual_connection_post_layernorm": ["false"],
    "attn_logit_softcapping": [], "final_logit_softcapping": [],
    "clip_qkv": [],
    "embedding_multiplier": ["1"], "residual_multiplier": ["1"], "logits_scaling": ["1"], "logit_scale": ["1"],
    "is_causal": ["true"], "use_bidirectional_attention": ["false"],
    "is_encoder_decoder": ["false"], "add_cross_attention": ["false"],
    "parallel_attn": ["false"], "use_parallel_residual": ["false"],
  ]

  /// Keys that say of how many experts a layer is made.
  static let expertCounts = ["num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"]

  /// Keys that are often there and change nothing at these values.
  static let neutral: [String: [String]] = [
    "partial_rotary_factor": ["1"], "full_attn_mod": ["1"], "interpolate_factor": ["1"],
  ]

  /// Keys without influence on what a model computes for a text: names, training, sampling, other software.
  static let silent: Set<String> = [
    "architectures", "auto_map", "dtype", "model_type", "name_or_path", "torch_dtype", "transformers_version",
    "attn_implementation", "cache_implementation", "chunk_size_feed_forward", "gradient_checkpointing",
    "hidden_act", "initializer_range", "is_decoder", "is_llama_config", "keys_to_ignore_at_inference",
    "max_window_layers",
    "model_max_length", "n_inner", "original_max_position_embeddings", "output_attentions", "output_hidden_states",
    "output_router_logits",
    "pretraining_tp", "pruned_heads", "quantization_config", "return_dict", "router_aux_loss_coef", "seq_length",
    "slow_but_exact", "tie_encoder_decoder", "tokenizer_class", "torchscript", "transformers.js_config",
    "unsloth_fixed", "unsloth_version", "use_cache", "use_return_dict",
    // Dropout and fused kernels.
    "attention_dropout", "attention_probs_dropout_prob", "attention_softmax_in_fp32", "bias_dropout_fusion",
    "classifier_dropout", "dropout", "embd_pdrop", "hidden_dropout", "hidden_dropout_prob", "masked_softmax_fusion",
    "resid_pdrop", "skip_bias_add", "skip_bias_add_qkv",
    // Tokens, labels, sampling.
    "bad_words_ids", "bos_token_id", "cls_token_id", "decoder_start_token_id", "do_sample", "early_stopping",
    "eos_token_id", "finetuning_task", "id2label", "label2id", "length_penalty", "mask_token_id", "max_length",
    "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams", "num_labels", "num_return_sequences",
    "pad_token", "pad_token_id", "prefix", "problem_type", "repetition_penalty", "sep_token_id",
    "task_specific_params", "temperature", "top_k", "top_p", "typical_p", "unk_token_id",
    // The parts of models that also see images.
    "boi_token_index", "eoi_token_index", "image_token_index", "mm_tokens_per_image", "vision_config",
  ]
}
