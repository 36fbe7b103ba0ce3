"""The reference language model: a GGUF checkpoint, dequantized, in PyTorch, twice.

`TransformersModel` is transformers' `LlamaForCausalLM` in float32: the fixtures' numbers are its numbers.
`ExactModel` is a second, independent forward pass in float64 that follows llama.cpp's own conventions: the
distance between the two says how much of a test's tolerance is spent by the reference's own rounding.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import gguf
import jinja2
import numpy
import tokenizers
import torch
import transformers


@dataclass
class Checkpoint:
    """A llama-architecture GGUF file: its metadata, and its tensors as float32 under their GGUF names."""

    path: Path
    metadata: dict
    tensors: dict

    @classmethod
    def read(cls, path):
        reader = gguf.GGUFReader(path)
        metadata = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {
            tensor.name: numpy.array(gguf.quants.dequantize(tensor.data, tensor.tensor_type), dtype=numpy.float32)
            for tensor in reader.tensors
        }
        return cls(Path(path), metadata, tensors)

    def __getitem__(self, key):
        """The metadata value `llama.KEY`."""
        return self.metadata[f"llama.{key}"]

    @property
    def head_size(self):
        return self["embedding_length"] // self["attention.head_count"]

    def sha256(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def tokenizer(self):
        """The byte-level BPE tokenizer of the kind `smollm` (single digits, then the GPT-2 pattern)."""
        tokens = self.metadata["tokenizer.ggml.tokens"]
        merges = [tuple(merge.split(" ")) for merge in self.metadata["tokenizer.ggml.merges"]]
        tokenizer = tokenizers.Tokenizer(
            tokenizers.models.BPE({token: index for index, token in enumerate(tokens)}, merges)
        )
        tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
            tokenizers.pre_tokenizers.Digits(individual_digits=True),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ])
        tokenizer.decoder = tokenizers.decoders.ByteLevel()
        control = gguf.TokenType.CONTROL
        types = self.metadata["tokenizer.ggml.token_type"]
        tokenizer.add_special_tokens([token for token, kind in zip(tokens, types) if kind == control])
        return tokenizer

    def render(self, messages):
        """The conversation as the file's own chat template writes it, ready for the assistant's answer."""
        template = jinja2.Environment().from_string(self.metadata["tokenizer.chat_template"])
        return template.render(messages=messages, add_generation_prompt=True)


def half_rotated(matrix, heads):
    """The rows of a query or key matrix in transformers' order.

    llama.cpp's conversion interleaves each head's rows, because its rotary embedding turns the pairs
    (0, 1), (2, 3), …; transformers turns the pairs (0, d/2), (1, d/2 + 1), …, so the rows go back:
    all the pairs' first rows, then all their second rows.
    """
    rows, columns = matrix.shape
    return matrix.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


class TransformersModel:
    """transformers' Llama in float32 with eager attention; no parameter is trained."""

    dtype = torch.float32

    def __init__(self, checkpoint):
        heads, key_value_heads = checkpoint["attention.head_count"], checkpoint["attention.head_count_kv"]
        tied = "output.weight" not in checkpoint.tensors
        configuration = transformers.LlamaConfig(
            vocab_size=checkpoint["vocab_size"],
            hidden_size=checkpoint["embedding_length"],
            intermediate_size=checkpoint["feed_forward_length"],
            num_hidden_layers=checkpoint["block_count"],
            num_attention_heads=heads,
            num_key_value_heads=key_value_heads,
            head_dim=checkpoint.head_size,
            max_position_embeddings=checkpoint["context_length"],
            rms_norm_eps=checkpoint["attention.layer_norm_rms_epsilon"],
            rope_parameters={"rope_type": "default", "rope_theta": checkpoint["rope.freq_base"]},
            tie_word_embeddings=tied,
            attn_implementation="eager",
        )
        names = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
        block_names = {
            "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
            "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
            "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
            "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
        }
        state = {}
        for name, array in checkpoint.tensors.items():
            parts = name.removesuffix(".weight").split(".")
            if parts[0] != "blk":
                state[f"{names[parts[0]]}.weight"] = torch.from_numpy(array)
                continue
            if parts[2] == "attn_q":
                array = half_rotated(array, heads)
            if parts[2] == "attn_k":
                array = half_rotated(array, key_value_heads)
            state[f"model.layers.{parts[1]}.{block_names[parts[2]]}.weight"] = torch.from_numpy(array.copy())
        if tied:
            state["lm_head.weight"] = state["model.embed_tokens.weight"]
        self.model = transformers.LlamaForCausalLM(configuration)
        self.model.load_state_dict(state, strict=True)
        self.model.eval().requires_grad_(False)
        assert self.model.dtype == torch.float32 and self.model.config._attn_implementation == "eager"

    def embed(self, ids):
        """The embedding rows `[count, width]` of `ids`."""
        return self.model.model.embed_tokens(torch.tensor(ids, dtype=torch.long))

    def hidden(self, embeddings):
        """The normalized last hidden states `[count, width]` of one sequence of input embeddings."""
        return self.model.model(inputs_embeds=embeddings[None], use_cache=False).last_hidden_state[0]

    def head(self, hidden):
        """The logits `[count, vocabulary]` of hidden states."""
        return self.model.lm_head(hidden)


class ExactModel:
    """The same model in float64, written out: interleaved rotary pairs, rows as the GGUF file has them."""

    dtype = torch.float64

    def __init__(self, checkpoint):
        self.checkpoint = checkpoint
        self.weights = {name: torch.from_numpy(array).double() for name, array in checkpoint.tensors.items()}

    def embed(self, ids):
        return self.weights["token_embd.weight"][torch.tensor(ids, dtype=torch.long)]

    def head(self, hidden):
        return hidden @ self.weights.get("output.weight", self.weights["token_embd.weight"]).T

    def hidden(self, embeddings):
        count, size = len(embeddings), self.checkpoint.head_size
        heads, key_value_heads = (self.checkpoint[f"attention.{key}"] for key in ("head_count", "head_count_kv"))
        exponents = torch.arange(0, size, 2, dtype=torch.float64) / size
        angles = torch.outer(
            torch.arange(count, dtype=torch.float64), self.checkpoint["rope.freq_base"] ** -exponents
        )[:, None, :]
        mask = torch.full((count, count), -torch.inf, dtype=torch.float64).triu(1)

        def rotated(rows):
            first, second = rows.unflatten(-1, (size // 2, 2)).unbind(-1)
            turned = (first * angles.cos() - second * angles.sin(), first * angles.sin() + second * angles.cos())
            return torch.stack(turned, dim=-1).flatten(-2)

        state = embeddings
        for block in range(self.checkpoint["block_count"]):
            weights = {name: self.weights[f"blk.{block}.{name}.weight"] for name in (
                "attn_norm", "attn_q", "attn_k", "attn_v", "attn_output",
                "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")}
            normal = self.normalized(state, weights["attn_norm"])
            query = rotated((normal @ weights["attn_q"].T).unflatten(-1, (heads, size)))
            key = rotated((normal @ weights["attn_k"].T).unflatten(-1, (key_value_heads, size)))
            value = (normal @ weights["attn_v"].T).unflatten(-1, (key_value_heads, size))
            key, value = (rows.repeat_interleave(heads // key_value_heads, dim=1) for rows in (key, value))
            scores = torch.einsum("qhd,khd->hqk", query, key) / size**0.5 + mask
            mixed = torch.einsum("hqk,khd->qhd", scores.softmax(-1), value).flatten(1)
            state = state + mixed @ weights["attn_output"].T
            normal = self.normalized(state, weights["ffn_norm"])
            gate = torch.nn.functional.silu(normal @ weights["ffn_gate"].T)
            state = state + (gate * (normal @ weights["ffn_up"].T)) @ weights["ffn_down"].T
        return self.normalized(state, self.weights["output_norm.weight"])

    def normalized(self, rows, weight):
        epsilon = self.checkpoint["attention.layer_norm_rms_epsilon"]
        return rows * (rows.square().mean(-1, keepdim=True) + epsilon).rsqrt() * weight
