"""A seeded random Llama of two blocks as GGUF files, for tests that must not need the real model.

The base of the rotary embedding and the epsilon of the norms differ from the real model's on purpose, and the
f16 file has an output head of its own, where the others tie it to the embedding table.
"""

import gguf
import numpy

BLOCKS, WIDTH, HEADS, KEY_VALUE_HEADS, FEED_FORWARD, VOCABULARY = 2, 64, 4, 2, 96, 96
CONTEXT, ROTARY_BASE, EPSILON, SEED = 256, 10000.0, 1e-4, 20240624

TYPES = {  # file: (its llama.cpp file type, type of the embedding table, type of the matrices)
    "f32": (gguf.LlamaFileType.ALL_F32, gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F32),
    "f16": (gguf.LlamaFileType.MOSTLY_F16, gguf.GGMLQuantizationType.F16, gguf.GGMLQuantizationType.F16),
    "q8_0": (gguf.LlamaFileType.MOSTLY_Q8_0, gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q8_0),
    "q4_1": (gguf.LlamaFileType.MOSTLY_Q4_1, gguf.GGMLQuantizationType.Q8_0, gguf.GGMLQuantizationType.Q4_1),
}

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ t", "h e", "i n", "Ġ a", "e r", "Ġt he"]
CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ĠĊ.,!?'\"-:;()[]{}<>/|_+=*"


def tokens():
    """The 96 tokens: three of control, 87 bytes in their printable form, six merged."""
    return SPECIAL_TOKENS + list(CHARACTERS) + [merge.replace(" ", "") for merge in MERGES]


def tensors(own_head):
    """The float32 tensors by name, drawn in a fixed order; the head last, so that it changes nothing before it."""
    random = numpy.random.Generator(numpy.random.Philox(SEED))

    def matrix(rows, columns, scale=None):
        scale = scale if scale is not None else columns**-0.5
        return (random.standard_normal((rows, columns)) * scale).astype(numpy.float32)

    def norm():
        return (1 + 0.2 * random.standard_normal(WIDTH)).astype(numpy.float32)

    head_size = WIDTH // HEADS
    result = {"token_embd.weight": matrix(VOCABULARY, WIDTH, scale=0.2)}
    for block in range(BLOCKS):
        shapes = {
            "attn_q": (WIDTH, WIDTH),
            "attn_k": (KEY_VALUE_HEADS * head_size, WIDTH),
            "attn_v": (KEY_VALUE_HEADS * head_size, WIDTH),
            "attn_output": (WIDTH, WIDTH),
            "ffn_gate": (FEED_FORWARD, WIDTH),
            "ffn_up": (FEED_FORWARD, WIDTH),
            "ffn_down": (WIDTH, FEED_FORWARD),
        }
        result[f"blk.{block}.attn_norm.weight"] = norm()
        result[f"blk.{block}.ffn_norm.weight"] = norm()
        for name, shape in shapes.items():
            result[f"blk.{block}.{name}.weight"] = matrix(*shape)
    result["output_norm.weight"] = norm()
    if own_head:
        result["output.weight"] = matrix(VOCABULARY, WIDTH, scale=0.2)
    return result


def write(path, kind, chat_template):
    """Writes the checkpoint whose matrices have the type `kind`; rows of queries and keys count as interleaved."""
    file_type, embedding_type, matrix_type = TYPES[kind]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type("model")
    writer.add_name(f"Tiny Llama {kind}")
    writer.add_license("apache-2.0")
    writer.add_block_count(BLOCKS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_VALUE_HEADS)
    writer.add_rope_freq_base(ROTARY_BASE)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_file_type(file_type)
    writer.add_vocab_size(VOCABULARY)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_add_space_prefix(False)
    writer.add_add_bos_token(False)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens())
    special = len(SPECIAL_TOKENS)
    writer.add_token_types([gguf.TokenType.CONTROL] * special + [gguf.TokenType.NORMAL] * (VOCABULARY - special))
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_pad_token_id(2)
    writer.add_chat_template(chat_template)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    for name, array in tensors(own_head=kind == "f16").items():
        if array.ndim == 1:
            writer.add_tensor(name, array)
            continue
        tensor_type = embedding_type if name in ("token_embd.weight", "output.weight") else matrix_type
        writer.add_tensor(name, gguf.quants.quantize(array, tensor_type), raw_dtype=tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
