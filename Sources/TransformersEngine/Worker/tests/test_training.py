"""The loss of an adapter against PEFT's."""

from collections.abc import Callable
from pathlib import Path

import peft
import pytest
import torch
import transformers

from antipode_worker import training
from antipode_worker.errors import WorkerError
from antipode_worker.model import Model


def test_loss_and_gradient_are_those_of_peft(model: Callable[[str], Model], folders: Path) -> None:
    network = transformers.AutoModelForCausalLM.from_pretrained(folders / "llama", dtype=torch.float32)
    names = ["self_attn.q_proj", "mlp.down_proj"]
    tuned = peft.get_peft_model(network, peft.LoraConfig(r=2, lora_alpha=6, target_modules=["q_proj", "down_proj"]))
    torch.manual_seed(5)
    tensors = {}
    for key, value in tuned.named_parameters():
        if "lora_" in key:
            value.data = torch.randn_like(value) * 0.3
            layer, (name, letter) = key.split("layers.")[1].split(".", 1)[0], _parts(key)
            tensors[f"a.{layer}.{name}.{letter}"] = value.data.clone()
    examples = [{"prompt": [5, 6, 7], "response": [8, 9]}, {"prompt": [5], "response": [20, 21, 22, 23]}]
    losses = []
    for one in examples:
        logs = tuned(input_ids=torch.tensor([one["prompt"] + one["response"]])).logits[0].log_softmax(-1)
        first = len(one["prompt"]) - 1
        losses += [-logs[first + place, token] for place, token in enumerate(one["response"])]
    expected = torch.stack(losses).mean()
    expected.backward()

    request = {
        "adapter": {"name": "a", "layers": 2, "modules": names, "scale": 3.0},
        "examples": examples,
    }
    mean, gradients = training.loss(model("llama"), request, tensors)
    assert mean == pytest.approx(float(expected.detach()), abs=1e-5)
    for key, value in tuned.named_parameters():
        if "lora_" in key:
            layer = key.split("layers.")[1].split(".", 1)[0]
            name, letter = _parts(key)
            found = gradients[f"{layer}.{name}.{letter}"]
            assert (found - value.grad).abs().max() <= 1e-4 * value.grad.abs().max()


def _parts(key: str) -> tuple[str, str]:
    """The module and the letter of a PEFT parameter's name."""
    module, matrix = key.split("layers.")[1].split(".", 1)[1].split(".lora_")
    return module, matrix[0]


def test_sizes(model: Callable[[str], Model]) -> None:
    assert training.sizes(model("llama"), ["mlp.down_proj"]) == {"mlp.down_proj": [64, 32]}
    with pytest.raises(WorkerError, match="q_proj of block 0"):
        training.sizes(model("gpt-neox"), ["self_attn.q_proj"])
