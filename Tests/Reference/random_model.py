"""Writes a full-size Llama with random weights, to see what size costs: what it says means nothing.

    python random_model.py FILE.gguf [--size 7b] [--format Q4_0]

The dimensions are those of Llama 2 (7b, 13b) or of a small model to try the script with (tiny). Blocks hold random quants
with a scale that keeps activations finite; all layers share their bytes, so writing takes a minute and little memory. The
tokenizer has SentencePiece's form: bytes, letters, and words that no text has.
"""

import argparse

import gguf
import numpy

SIZES = {"tiny": (2, 256, 512, 4), "7b": (32, 4096, 11008, 32), "13b": (40, 5120, 13824, 40)}
# Bytes and columns of a block, and the standard deviation of its quants.
FORMATS = {"Q4_0": (18, 32, 4.6), "Q8_0": (34, 32, 74.0), "F16": (2, 1, 1.0)}
VOCABULARY = 32000
LETTERS = [chr(c) for c in range(33, 127)] + ["▁"]
TEMPLATE = "{% for message in messages %}[INST] <<SYS>>\\n{{ message.content }}\\n<</SYS>>\\n\\n [/INST]{% endfor %}"


def matrix(generator, kind, rows, columns):
    """Random bytes of a matrix, with the scale that keeps a row's product near the size of its input."""
    size, width, spread = FORMATS[kind]
    scale = columns**-0.5 / spread
    if kind == "F16":
        return (generator.standard_normal((rows, columns), dtype=numpy.float32) * columns**-0.5).astype(numpy.float16)
    blocks = generator.integers(0, 256, (rows, columns // width, size), dtype=numpy.uint8)
    blocks[..., 0:2] = numpy.array([scale], dtype="<f2").view(numpy.uint8)
    return blocks.reshape(rows, -1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--size", choices=SIZES, default="7b")
    parser.add_argument("--format", choices=FORMATS, default="Q4_0")
    arguments = parser.parse_args()
    layers, width, hidden, heads = SIZES[arguments.size]
    kind = gguf.GGMLQuantizationType[arguments.format]
    generator = numpy.random.Generator(numpy.random.Philox(20241124))
    writer = gguf.GGUFWriter(arguments.file, "llama")
    writer.add_name(f"Random Llama {arguments.size} {arguments.format}")
    writer.add_block_count(layers)
    writer.add_context_length(4096)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_rope_dimension_count(width // heads)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + LETTERS
    kinds = [2, 3, 3] + [6] * 256 + [1] * len(LETTERS)
    tokens += [f"▁word{i}" for i in range(VOCABULARY - len(tokens))]
    kinds += [1] * (VOCABULARY - len(kinds))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([-float(i) for i in range(VOCABULARY)])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(TEMPLATE)
    shapes = {
        "attn_q": (width, width), "attn_k": (width, width), "attn_v": (width, width), "attn_output": (width, width),
        "ffn_gate": (hidden, width), "ffn_up": (hidden, width), "ffn_down": (width, hidden),
    }  # fmt: skip
    parts = {name: matrix(generator, arguments.format, *shape) for name, shape in shapes.items()}
    for name in ("token_embd", "output"):
        writer.add_tensor(f"{name}.weight", matrix(generator, arguments.format, VOCABULARY, width), raw_dtype=kind)
    norm = numpy.ones(width, dtype=numpy.float32)
    writer.add_tensor("output_norm.weight", norm)
    for layer in range(layers):
        for name in ("attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", norm)
        for name, part in parts.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", part, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
