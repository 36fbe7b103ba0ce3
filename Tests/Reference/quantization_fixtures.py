"""Writes the fixtures of DequantizationTests: stored blocks and the numbers that the `gguf` package makes of them.

    python quantization_fixtures.py --model SmolLM2-135M-Instruct.Q4_1.gguf [--folder FOLDER]

FOLDER is Tests/ModelFilesTests/Fixtures by default. Of the catalog's model, named by --model, the fixture keeps only
hashes: of the first rows of a few tensors, dequantized. The blocks are random bytes from a fixed seed with hand-picked
scales in front (zero, subnormal, negative, largest; no infinities), so that every run writes the same file.
Numbers are kept as their bits in hexadecimal: the comparison is exact.
"""

import argparse
import hashlib
import importlib.metadata
import json
import pathlib

import gguf
import numpy as np

SEED = 20240616
# binary16: 0, -0, smallest subnormal, a negative subnormal, largest subnormal, smallest normal, 1, -0.5, 0.0123, largest.
SCALES = [0x0000, 0x8000, 0x0001, 0x8155, 0x03FF, 0x0400, 0x3C00, 0xB800, 0x224C, 0x7BFF]


def blocks(generator, scales_per_block, data_bytes):
    """One block for each of SCALES; where a block has a second scale, it is another of them."""
    rows = []
    for index in range(len(SCALES)):
        head = [SCALES[(index + 3 * place) % len(SCALES)] for place in range(scales_per_block)]
        data = generator.integers(0, 256, data_bytes, dtype=np.uint8)
        rows.append(np.concatenate([np.array(head, dtype="<u2").view(np.uint8), data]))
    return np.stack(rows)


# Bytes of a block, and where its binary16 scales stand.
LATER_FORMATS = {
    "Q5_0": (22, [0]),
    "Q5_1": (24, [0, 2]),
    "Q2_K": (84, [80, 82]),
    "Q3_K": (110, [108]),
    "Q4_K": (144, [0, 2]),
    "Q5_K": (176, [0, 2]),
    "Q6_K": (210, [208]),
    "IQ4_NL": (18, [0]),
    "IQ4_XS": (136, [0]),
}


def blocks_with_scales_at(generator, size, places):
    """The same for blocks of `size` bytes whose scales stand at `places`; small scales and quants are any bytes."""
    rows = generator.integers(0, 256, (len(SCALES), size), dtype=np.uint8)
    for index, row in enumerate(rows):
        for number, place in enumerate(places):
            row[place : place + 2] = np.array([SCALES[(index + 3 * number) % len(SCALES)]], dtype="<u2").view(np.uint8)
    return rows


def plain(generator, format_exponent_bits):
    """80 random 16-bit patterns without infinities and NaNs."""
    patterns = generator.integers(0, 1 << 16, 400, dtype=np.uint16)
    shift = 15 - format_exponent_bits
    exponent = (patterns >> shift) & ((1 << format_exponent_bits) - 1)
    return patterns[exponent != (1 << format_exponent_bits) - 1][:80].view(np.uint8)[None]


def all_halves():
    """SHA-256 of the little-endian binary32 values of every binary16 pattern that is a number, in order."""
    patterns = np.arange(1 << 16, dtype=np.uint16)
    values = patterns.view(np.float16).astype("<f4")
    return hashlib.sha256(values[~np.isnan(values)].tobytes()).hexdigest()


def model_rows(path):
    """SHA-256 of the first rows (at most 64) of some tensors of a GGUF file, as little-endian binary32."""
    wanted = ["token_embd.weight", "blk.0.attn_k.weight", "blk.29.ffn_down.weight", "output_norm.weight"]
    hashes = {}
    for tensor in gguf.GGUFReader(path).tensors:
        if tensor.name in wanted:
            rows = gguf.quants.dequantize(np.atleast_2d(tensor.data)[:64], tensor.tensor_type)
            hashes[tensor.name] = hashlib.sha256(np.ascontiguousarray(rows, dtype="<f4").tobytes()).hexdigest()
    assert sorted(hashes) == sorted(wanted)
    return hashes


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True, help="the catalog's GGUF file")
    default = pathlib.Path(__file__).resolve().parent.parent / "ModelFilesTests" / "Fixtures"
    parser.add_argument("--folder", type=pathlib.Path, default=default)
    arguments = parser.parse_args()
    folder = arguments.folder
    generator = np.random.default_rng(SEED)
    stored = {
        "F32": generator.standard_normal(16, dtype=np.float32).view(np.uint8)[None],
        "F16": plain(generator, 5),
        "BF16": plain(generator, 8),
        "Q4_0": blocks(generator, 1, 16),
        "Q4_1": blocks(generator, 2, 16),
        "Q8_0": blocks(generator, 1, 32),
    }
    for name, (size, places) in LATER_FORMATS.items():
        stored[name] = blocks_with_scales_at(generator, size, places)
    formats = {}
    for name, data in stored.items():
        values = gguf.quants.dequantize(data, gguf.GGMLQuantizationType[name])
        assert np.isfinite(values).all(), name
        formats[name] = {
            "bytes": data.tobytes().hex(),
            "values": np.ascontiguousarray(values, dtype=">f4").tobytes().hex(),
        }
    document = {
        "provenance": f"quantization_fixtures.py, seed {SEED}, gguf {importlib.metadata.version('gguf')}, "
        f"numpy {np.__version__}",
        "formats": formats,
        "all_binary16_sha256": all_halves(),
        "model_rows_sha256": model_rows(arguments.model),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "quantization.json").write_text(json.dumps(document, indent=1) + "\n")


main()
