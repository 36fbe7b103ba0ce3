"""Loads a model from a folder or a GGUF file, onto the device that is asked for, once there is memory for it."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers

from .errors import WorkerError
from .memory import Memory
from .model import Model

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
#: Bytes a weight, with its scales, where weights are quantized as they are loaded.
QUANTIZED = {"nf4": 0.56, "int8": 1.05}


def found_device(name: str) -> torch.device:
    """The device of a name; `auto` is the first GPU, or the processor."""
    if name == "auto":
        return torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
    if name != "cpu" and not torch.cuda.is_available():
        raise WorkerError(
            "model",
            f'the device "{name}" was asked for, and PyTorch {torch.__version__} finds no GPU here; take '
            '"device": "auto" or "cpu", or install a build of torch for the GPU (`make engine` does where nvidia-smi '
            "runs)",
        )
    try:
        device = torch.device(name)
        index = device.index or 0
        if device.type == "cuda" and index >= torch.cuda.device_count():
            raise WorkerError("model", f'there is no device "{name}": {torch.cuda.device_count()} GPUs are found')
    except RuntimeError as error:
        raise WorkerError("model", f'the device "{name}": {error}') from error
    return torch.device("cuda:0") if name == "cuda" else device


def weight_count(path: Path) -> int | None:
    """The number of weights in a folder's safetensors files, by their headers; None where there are none."""
    count = 0
    files = sorted(path.glob("*.safetensors"))
    for file in files:
        with file.open("rb") as source:
            length = int.from_bytes(source.read(8), "little")
            if length > 100_000_000:
                raise WorkerError("model", f"{file}: its header is {length} bytes long; the file is damaged")
            try:
                header = json.loads(source.read(length))
            except ValueError as error:
                raise WorkerError("model", f"{file}: its header is no JSON; the file is damaged") from error
        for name, tensor in header.items():
            if name != "__metadata__":
                size = 1
                for dimension in tensor["shape"]:
                    size *= dimension
                count += size
    return count if files else None


def weight_bytes(path: Path, dtype: torch.dtype, quantization: str | None) -> int:
    """What a folder's weights take once they are loaded; 0 where its files don't say."""
    return int((weight_count(path) or 0) * QUANTIZED.get(quantization or "", dtype.itemsize))


def load(request: dict[str, Any]) -> Model:
    """The model that a driver asks for."""
    path = Path(request["path"])
    device, dtype = found_device(request["device"]), DTYPES[request["dtype"]]
    quantization, attention = request.get("quantization"), request.get("attention")
    memory = Memory(device)
    options: dict[str, Any] = {"dtype": dtype, "local_files_only": True, "trust_remote_code": False}
    if attention is not None:
        options["attn_implementation"] = attention
    split = request.get("split")
    if path.is_dir():
        place, needed = path, weight_bytes(path, dtype, quantization)
        if request["device"] == "auto" and device.type == "cuda" and needed > 0.8 * memory.free:
            # What one GPU can't hold goes on over the others, the processor's memory and the disk.
            split = {}
        if split is None:
            memory.check(needed, f"{path}: the model")
    else:
        # Read on the processor and dequantized there, whatever the file's format.
        place, options["gguf_file"] = path.parent, path.name
    if quantization is not None:
        options["quantization_config"] = quantized(quantization, dtype)
        options["device_map"] = {"": device} if split is None else "auto"
    elif split is not None:
        options |= {"device_map": "auto", "max_memory": limits(split) or None, "offload_folder": request["folder"]}
    elif device.type != "cpu":
        options["device_map"] = {"": device}
    try:
        network, told = transformers.AutoModelForCausalLM.from_pretrained(place, output_loading_info=True, **options)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        if "can't allocate memory" in str(error) or "out of memory" in str(error):
            raise
        message = " ".join(str(error).split())
        raise WorkerError(
            "model", f"{path}: transformers {transformers.__version__} can't load it: {message[:600]}"
        ) from error
    refuse_gaps(path, told)
    keep_layout(network)
    # What is on the disk is on no device: where blocks are computed, rows go in.
    places = [network.get_input_embeddings().weight, *network.parameters()]
    place = next((weight.device for weight in places if weight.device.type != "meta"), device)
    return Model(network, place, dtype, position_limit(network))


def limits(split: dict[str, str]) -> dict[int | str, str]:
    """The most memory of each device, as accelerate takes it: GPUs by their numbers."""
    return {int(name) if name.isdigit() else name: size for name, size in split.items()}


def quantized(name: str, dtype: torch.dtype) -> transformers.BitsAndBytesConfig:
    """What bitsandbytes makes of the weights as they are loaded."""
    try:
        import bitsandbytes  # noqa: F401
    except Exception as error:
        raise WorkerError(
            "model",
            f'"quantization": "{name}" needs bitsandbytes, which can\'t be used here ({error}); `make engine` installs '
            'it, or take "quantization": null',
        ) from error
    if name == "nf4":
        return transformers.BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype
        )
    return transformers.BitsAndBytesConfig(load_in_8bit=True)


def keep_layout(network: torch.nn.Module) -> None:
    """Keeps 4-bit weights as they were packed.

    On processors with AVX512-BF16, bitsandbytes repacks them at the first pass without a gradient: in bfloat16, which
    gives other numbers there than elsewhere, and it fails where a matrix is narrower than a block.
    """
    for module in network.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def refuse_gaps(path: Path, told: dict[str, Any]) -> None:
    """Refuses a model some of whose weights are not in its files: transformers draws them at random."""
    missing = sorted(told.get("missing_keys") or [])
    mismatched = sorted(str(entry) for entry in told.get("mismatched_keys") or [])
    if mismatched:
        raise WorkerError(
            "model", f"{path}: config.json contradicts the weights: {'; '.join(mismatched[:3])}; the folder is damaged"
        )
    if missing:
        raise WorkerError(
            "model",
            f"{path}: {len(missing)} weights are missing, {', '.join(missing[:3])} among them; the folder is not "
            "complete, or config.json is another model's",
        )


def position_limit(network: transformers.PreTrainedModel) -> int:
    """The most positions of one conversation, as the configuration has it."""
    configuration = network.config.get_text_config()
    for name in ("max_position_embeddings", "n_positions", "seq_length", "max_sequence_length"):
        value = getattr(configuration, name, None)
        if isinstance(value, int) and value > 0:
            return value
    # ALiBi and state spaces have no limit of their own.
    return 1 << 20


def described(model: Model) -> dict[str, Any]:
    """What a driver needs to know of a loaded model."""
    configuration = model.configuration
    return {
        "width": model.width,
        "layers": len(model.layers),
        "attentionHeads": configuration.num_attention_heads,
        "vocabularySize": model.vocabulary,
        "positionLimit": model.position_limit,
        "family": configuration.model_type,
        "attention": getattr(configuration, "_attn_implementation", None) or "",
        "device": str(model.device),
    }
