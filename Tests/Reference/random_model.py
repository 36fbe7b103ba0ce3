"""Writes a GGUF file of full size with random weights, to measure memory and time on a model that needs no download.

    python random_model.py FILE [--family llama] [--size 7b] [--format Q4_0] [--layers N] [--seed N]

The dimensions are those of the real model; --layers makes it shorter. Matrices are random blocks of the format, scaled
so that activations stay of the order of 1; the output head is Q6_K where the others have blocks, as `llama-quantize`
makes it; norms are near 1. The vocabulary is made up: it splits any text, in the manner of the family (pieces with
scores and byte tokens, or byte-level BPE), and the chat template is the family's. One tensor is in memory at a time.
The same arguments give the same bytes.
"""

import argparse
import itertools
import string

import gguf
import numpy

SIZES = {  # (family, size): layers, width, feed-forward width, heads, key-value heads, vocabulary, context
    ("llama", "7b"): (32, 4096, 11008, 32, 32, 32000, 4096),
    ("llama", "13b"): (40, 5120, 13824, 40, 40, 32000, 4096),
    ("llama3", "8b"): (32, 4096, 14336, 32, 8, 128256, 8192),
    ("mistral", "7b"): (32, 4096, 14336, 32, 8, 32000, 32768),
    ("bloom", "7b"): (30, 4096, 16384, 32, 32, 250880, 2048),
}
# Where a block's binary16 scale stands, where that of its minima does, and how many scales make the mean zero.
BLOCKS = {
    "Q4_0": ([0], [], 0), "Q4_1": ([0], [2], -7.5), "Q5_0": ([0], [], 0), "Q5_1": ([0], [2], -15.5),
    "Q8_0": ([0], [], 0), "Q2_K": ([80], [82], 1.5), "Q3_K": ([108], [], 0), "Q4_K": ([0], [2], 7.5),
    "Q5_K": ([0], [2], 15.5), "Q6_K": ([208], [], 0), "IQ4_NL": ([0], [], 0), "IQ4_XS": ([0], [], 0),
}  # fmt: skip
FORMATS = [*BLOCKS, "F16", "BF16", "F32"]
FILE_TYPES = {"F32": "ALL_F32", "Q2_K": "MOSTLY_Q2_K", "Q3_K": "MOSTLY_Q3_K_M", "Q4_K": "MOSTLY_Q4_K_M",
              "Q5_K": "MOSTLY_Q5_K_M"}  # fmt: skip
TEMPLATES = {
    "llama": "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
    "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
    "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if loop.index0 == 0 and system_message != false %}"
    "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
    "{% else %}{% set content = message['content'] %}{% endif %}"
    "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ ' '  + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
    "llama3": "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim"
    " + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
    "mistral": "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}",
}


# The vocabulary


def piece_vocabulary(count):
    """Tokens, scores and types in the manner of SentencePiece's BPE: three of control, the bytes, pieces of letters.

    The longer pieces come first, as in Llama's own vocabulary, and single characters last; each longer piece is made of
    two others, so that merging reaches it.
    """
    control, normal, byte = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL, gguf.TokenType.BYTE
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{value:02X}>" for value in range(256))]
    types = [gguf.TokenType.UNKNOWN, control, control] + [byte] * 256
    characters = ["▁", *(chr(code) for code in range(0x21, 0x7F))]
    letters = string.ascii_lowercase
    words = [start + "".join(word) for length in (1, 2, 3, 4) for start in ("▁", "")
             for word in itertools.islice(itertools.product(letters, repeat=length), count) if len(start) + length > 1]
    words = words[: count - len(tokens) - len(characters)]
    scores = [0.0] * len(tokens) + [-float(index) for index in range(len(words) + len(characters))]
    tokens += words + characters
    types += [normal] * (count - len(types))
    assert len(tokens) == len(scores) == len(types) == len(set(tokens)) == count
    return tokens, scores, types


def byte_vocabulary(count, special):
    """Tokens, types and merges of byte-level BPE: the bytes in GPT-2's printable form, merged letters, then `special`."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [value for value in range(256) if value not in printable]
    tokens = [chr(value) for value in printable] + [chr(0x100 + index) for index in range(len(others))]
    merges, letters = [], string.ascii_lowercase
    wanted = count - len(tokens) - len(special)
    heads = ["Ġ", *letters]
    while len(merges) < wanted:
        pairs = [(head, letter) for head in heads for letter in letters][: wanted - len(merges)]
        merges += [f"{head} {letter}" for head, letter in pairs]
        heads = [head + letter for head, letter in pairs]
    tokens += [merge.replace(" ", "") for merge in merges] + special
    types = [gguf.TokenType.NORMAL] * (count - len(special)) + [gguf.TokenType.CONTROL] * len(special)
    assert len(tokens) == len(types) == len(set(tokens)) == count
    return tokens, types, merges


def add_vocabulary(writer, family, count):
    if family in ("llama", "mistral"):
        tokens, scores, types = piece_vocabulary(count)
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list(tokens)
        writer.add_token_scores(scores)
        writer.add_token_types(types)
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
        writer.add_unk_token_id(0)
        writer.add_add_bos_token(True)
        writer.add_add_eos_token(False)
    else:
        special = {
            "llama3": ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"],
            "bloom": ["<unk>", "<s>", "</s>", "<pad>"],
        }[family]
        tokens, types, merges = byte_vocabulary(count, special)
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre({"llama3": "llama-bpe", "bloom": "bloom"}[family])
        writer.add_token_list(tokens)
        writer.add_token_types(types)
        writer.add_token_merges(merges)
        if family == "llama3":
            writer.add_bos_token_id(tokens.index("<|begin_of_text|>"))
            writer.add_eos_token_id(tokens.index("<|eot_id|>"))
            writer.add_add_bos_token(True)
        else:
            writer.add_bos_token_id(tokens.index("<s>"))
            writer.add_eos_token_id(tokens.index("</s>"))
            writer.add_unk_token_id(tokens.index("<unk>"))
            writer.add_pad_token_id(tokens.index("<pad>"))
            writer.add_add_bos_token(False)
    if family in TEMPLATES:
        writer.add_chat_template(TEMPLATES[family])


# The tensors


def tensor_shapes(family, dimensions):
    """The shape of every tensor by name, in the file's order."""
    layers, width, feed_forward, heads, key_value_heads, vocabulary, _ = dimensions
    key_value_width = width // heads * key_value_heads
    shapes = {"token_embd.weight": (vocabulary, width)}
    norms = ["weight", "bias"] if family == "bloom" else ["weight"]
    if family == "bloom":
        parts = {"attn_qkv": (3 * width, width), "attn_output": (width, width),
                 "ffn_up": (feed_forward, width), "ffn_down": (width, feed_forward)}  # fmt: skip
        shapes |= {f"token_embd_norm.{part}": (width,) for part in norms}
    else:
        parts = {"attn_q": (width, width), "attn_k": (key_value_width, width), "attn_v": (key_value_width, width),
                 "attn_output": (width, width), "ffn_gate": (feed_forward, width), "ffn_up": (feed_forward, width),
                 "ffn_down": (width, feed_forward)}  # fmt: skip
    for layer in range(layers):
        for norm in ("attn_norm", "ffn_norm"):
            shapes |= {f"blk.{layer}.{norm}.{part}": (width,) for part in norms}
        for name, shape in parts.items():
            shapes[f"blk.{layer}.{name}.weight"] = shape
            if family == "bloom":
                shapes[f"blk.{layer}.{name}.bias"] = shape[:1]
    shapes |= {f"output_norm.{part}": (width,) for part in norms}
    if family != "bloom":  # Bloom's head is its embedding table.
        shapes["output.weight"] = (vocabulary, width)
    return shapes


class RandomTensors:
    """Draws tensors one after the other from one stream of random numbers."""

    def __init__(self, format_name, seed):
        self.format_name = format_name
        self.random = numpy.random.Generator(numpy.random.SFC64(seed))
        self.spreads = {}

    def kind(self, name, shape):
        if len(shape) == 1:
            return gguf.GGMLQuantizationType.F32
        own = name == "output.weight" and self.format_name in BLOCKS and self.format_name != "Q8_0"
        return gguf.GGMLQuantizationType["Q6_K" if own else self.format_name]

    def tensor(self, name, shape):
        """The stored bytes, as rows, or the numbers of a plain format."""
        kind = self.kind(name, shape)
        if len(shape) == 1:
            values = 0.05 * self.random.standard_normal(shape, dtype=numpy.float32)
            return values + 1 if name.endswith("norm.weight") else values
        # An embedding's numbers are small, as those of real models are; a product keeps the size of its input.
        deviation = 0.02 if name == "token_embd.weight" else shape[1] ** -0.5
        if kind.name in BLOCKS:
            return self.blocks(kind, shape, deviation)
        values = self.random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(deviation)
        return gguf.quants.quantize(values, kind)

    def blocks(self, kind, shape, deviation):
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        assert shape[1] % elements == 0, f"rows of {shape[1]} are not whole blocks of {kind.name}"
        count = shape[0] * shape[1] // elements
        data = numpy.frombuffer(self.random.bytes(count * size), dtype=numpy.uint8).reshape(count, size).copy()
        if kind not in self.spreads:
            sample = self.scaled(kind, data[:4096].copy(), 1.0)
            self.spreads[kind] = gguf.quants.dequantize(sample, kind).std(dtype=numpy.float64)
        return self.scaled(kind, data, deviation / self.spreads[kind]).reshape(shape[0], -1)

    def scaled(self, kind, data, scale):
        """Writes the blocks' scales: each has a sign of its own, so that the mean is zero whatever the quants' mean is."""
        places, minimum_places, ratio = BLOCKS[kind.name]
        signs = numpy.where(data[:, -1:] & 1, numpy.float32(1), numpy.float32(-1))
        for here, factor in ((places, 1), (minimum_places, ratio)):
            for place in here:
                data[:, place : place + 2] = (signs * numpy.float32(scale * factor)).astype("<f2").view(numpy.uint8)
        return data


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file")
    parser.add_argument("--family", choices=sorted({family for family, _ in SIZES}), default="llama")
    parser.add_argument("--size", help="7b, 8b or 13b; by default the family's first")
    parser.add_argument("--format", choices=FORMATS, default="Q4_0")
    parser.add_argument("--layers", type=int, help="fewer layers than the real model has")
    parser.add_argument("--seed", type=int, default=20241124)
    arguments = parser.parse_args()
    family = arguments.family
    size = arguments.size or next(size for name, size in SIZES if name == family)
    if (family, size) not in SIZES:
        parser.error(f"no {family} of {size}; there are " + ", ".join(" ".join(key) for key in SIZES))
    dimensions = list(SIZES[family, size])
    dimensions[0] = arguments.layers or dimensions[0]
    layers, width, feed_forward, heads, key_value_heads, vocabulary, context = dimensions

    writer = gguf.GGUFWriter(arguments.file, "bloom" if family == "bloom" else "llama")
    writer.add_type("model")
    writer.add_name(f"Random {family} {size}")
    writer.add_block_count(layers)
    writer.add_context_length(context)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_value_heads)
    if family == "bloom":
        writer.add_layer_norm_eps(1e-5)
    else:
        writer.add_rope_freq_base(500000.0 if family == "llama3" else 10000.0)
        writer.add_rope_dimension_count(width // heads)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_vocab_size(vocabulary)
    if family == "mistral":
        writer.add_sliding_window(4096)
    file_type = FILE_TYPES.get(arguments.format, f"MOSTLY_{arguments.format}")
    writer.add_file_type(gguf.LlamaFileType[file_type])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    add_vocabulary(writer, family, vocabulary)

    tensors = RandomTensors(arguments.format, arguments.seed)
    shapes = tensor_shapes(family, dimensions)
    for name, shape in shapes.items():
        kind = tensors.kind(name, shape)
        elements, block = gguf.GGML_QUANT_SIZES[kind]
        writer.add_tensor_info(name, shape, numpy.dtype(numpy.float32), int(numpy.prod(shape)) // elements * block, kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for name, shape in shapes.items():
        writer.write_tensor_data(tensors.tensor(name, shape))
    writer.close()


main()
