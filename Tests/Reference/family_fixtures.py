"""Writes the fixtures of FamilyTests: a tiny checkpoint of each family in each kind of file, and transformers' numbers.

    python family_fixtures.py [--folder FOLDER]

FOLDER is Tests/LanguageModelTests/Fixtures/families by default. For each checkpoint NAME it writes the folder NAME/ as
save_pretrained does, NAME.gguf in float32, and into numbers.safetensors NAME.logits `[40, 96]`, computed in float32 with
eager attention, and NAME.gradient `[40, width]`: that of sum(logits * weights) to inputs_embeds. numbers.json holds the
prompt and 16 greedy tokens after it. Llama also comes with its matrices in other formats: folders in float16 and
bfloat16 and in shards, GGUF files in each format that the gguf package quantizes to, in parts, and one file whose
matrices are random blocks of the formats that it only reads; their references are computed with the numbers that the
package makes of the stored ones. Running it again gives the same bytes.
"""

import argparse
import importlib.metadata
import json
import pathlib
import shutil

import gguf
import numpy
import safetensors.torch
import torch
import transformers

import family_checkpoints
import family_gguf

POSITIONS, GREEDY = 40, 16
QUANTIZED = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "F16", "BF16"]
# The bytes of a block of 256 and where its binary16 scales stand.
BLOCKS = {
    "Q2_K": (84, [80, 82]), "Q3_K": (110, [108]), "Q4_K": (144, [0, 2]), "Q5_K": (176, [0, 2]), "Q6_K": (210, [208]),
    "IQ4_XS": (136, [0]), "IQ4_NL": (144, [18 * i for i in range(8)]),
}  # fmt: skip
MIXED = {
    "attn_q": "Q2_K", "attn_k": "Q3_K", "attn_v": "Q6_K", "attn_output": "Q4_K", "ffn_gate": "Q5_K", "ffn_up": "IQ4_XS",
    "ffn_down": "IQ4_NL", "token_embd": "Q6_K", "output": "Q4_K",
}  # fmt: skip


def prompt():
    return numpy.random.Generator(numpy.random.Philox(7)).integers(3, family_checkpoints.VOCABULARY, POSITIONS).tolist()


def numbers(model, weights):
    """Logits, the gradient to the embeddings, and greedy tokens."""
    ids = torch.tensor([prompt()])
    rows = model.get_input_embeddings()(ids).detach().requires_grad_()
    logits = model(inputs_embeds=rows, use_cache=False).logits[0].float()
    (logits * weights).sum().backward()
    tokens = prompt()
    with torch.no_grad():
        for _ in range(GREEDY):
            tokens.append(model(torch.tensor([tokens]), use_cache=False).logits[0, -1].argmax().item())
    return logits.detach().contiguous(), rows.grad[0].contiguous(), tokens[POSITIONS:]


def random_blocks(name, array):
    """Random blocks in the format that MIXED has for a tensor, scaled like `array`, and the ggml type."""
    kind = MIXED[name.split(".")[-2]]
    size, places = BLOCKS[kind]
    generator = numpy.random.Generator(numpy.random.Philox(sum(name.encode())))
    rows = generator.integers(0, 256, (array.shape[0], array.shape[1] // 256, size), dtype=numpy.uint8)
    kind = gguf.GGMLQuantizationType[kind]

    def with_scale(scale):
        for place in places:
            rows[..., place : place + 2] = numpy.array([scale], dtype="<f2").view(numpy.uint8)
        return rows.reshape(array.shape[0], -1).copy()

    spread = gguf.quants.dequantize(with_scale(1.0), kind).std()
    return with_scale(array.std() / spread), kind


def main():
    parser = argparse.ArgumentParser()
    default = pathlib.Path(__file__).resolve().parent.parent / "LanguageModelTests" / "Fixtures" / "families"
    parser.add_argument("--folder", type=pathlib.Path, default=default)
    folder = parser.parse_args().folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.set_num_threads(1)
    weights = torch.tensor(
        numpy.random.Generator(numpy.random.Philox(8)).standard_normal((POSITIONS, family_checkpoints.VOCABULARY)),
        dtype=torch.float32)  # fmt: skip
    tensors, greedy = {"weights": weights}, {}

    def keep(name, model):
        logits, gradient, greedy[name] = numbers(model, weights)
        tensors[f"{name}.logits"], tensors[f"{name}.gradient"] = logits, gradient

    for name in family_checkpoints.configurations():
        model = family_checkpoints.checkpoint(name)
        model.save_pretrained(folder / name)
        (folder / name / "generation_config.json").unlink(missing_ok=True)
        # GGUF files have no place for these.
        if name not in ("gemma2-scale", "smollm3-window", "qwen3-moe-mixed"):
            family_gguf.write(folder / f"{name}.gguf", model, lambda *_: None)
        keep(name, model)

    def llama():
        return family_checkpoints.checkpoint("llama")

    for kind in (torch.float16, torch.bfloat16):
        name = f"llama-{str(kind).removeprefix('torch.')}"
        llama().to(kind).save_pretrained(folder / name)
        # The frequencies of the rotary positions stay in float32: only the weights are rounded.
        model = llama()
        with torch.no_grad():
            for value in model.parameters():
                value.copy_(value.to(kind).float())
        keep(name, model)
    llama().save_pretrained(folder / "llama-shards", max_shard_size="60KB")
    family_gguf.write(folder / "llama-parts.gguf", llama(), lambda *_: None, split_max_tensors=8)

    def write(name, model, quantize):
        """Writes a GGUF file and loads what it holds into the model."""
        family_gguf.write(folder / f"{name}.gguf", model, quantize)
        c = model.config
        state = model.state_dict()
        names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, c.num_hidden_layers)
        heads = {"attn_q": c.num_attention_heads, "attn_k": c.num_key_value_heads}
        read = {tensor.name: tensor for tensor in gguf.GGUFReader(folder / f"{name}.gguf").tensors}
        for key, value in state.items():
            tensor = read[names.get_name(key, try_suffixes=(".weight",))]
            array = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(value.shape)
            part = tensor.name.split(".")[-2]
            if part in heads:  # From neighbors back to halves.
                order = family_gguf.neighbors(numpy.arange(array.shape[0]), heads[part])
                array = array[numpy.argsort(order)]
            with torch.no_grad():
                value.copy_(torch.from_numpy(numpy.array(array)))
        keep(name, model)

    for kind in QUANTIZED:
        ggml = gguf.GGMLQuantizationType[kind]
        write(f"llama-{kind}", llama(), lambda _, array: (gguf.quants.quantize(array, ggml), ggml))
    # Experts in blocks of 32. What is rounded once is not changed by being rounded again.
    model, eight = family_checkpoints.checkpoint("qwen3-moe"), gguf.GGMLQuantizationType.Q8_0
    with torch.no_grad():
        for value in model.parameters():
            if value.ndim >= 2:
                stored = gguf.quants.quantize(value.numpy(), eight)
                value.copy_(torch.from_numpy(gguf.quants.dequantize(stored, eight).reshape(value.shape)))
                assert (gguf.quants.quantize(value.numpy(), eight) == stored).all()
    family_gguf.write(
        folder / "qwen3-moe-Q8_0.gguf", model, lambda _, array: (gguf.quants.quantize(array, eight), eight))
    keep("qwen3-moe-Q8_0", model)
    wide = transformers.LlamaConfig(
        **{**family_checkpoints.COMMON, "hidden_size": 256, "intermediate_size": 256, "num_hidden_layers": 1,
           "num_attention_heads": 16, "num_key_value_heads": 2})  # fmt: skip
    torch.manual_seed(1)
    model = transformers.LlamaForCausalLM._from_config(wide, attn_implementation="eager").float().eval()
    with torch.no_grad():
        for value in model.parameters():
            value.copy_(torch.randn(value.shape) * (0.06 if value.ndim == 2 else 0.2) + (value.ndim == 1))
    write("llama-mixed", model, random_blocks)

    (folder / "numbers.safetensors").write_bytes(safetensors.torch.save(tensors))
    packages = ("torch", "transformers", "gguf", "safetensors", "numpy")
    document = {
        "provenance": "family_fixtures.py, " + ", ".join(f"{p} {importlib.metadata.version(p)}" for p in packages),
        "ids": prompt(),
        "greedy": greedy,
    }
    (folder / "numbers.json").write_text(json.dumps(document, indent=1) + "\n")


main()
