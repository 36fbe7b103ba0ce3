"""The loss of a low-rank adapter over examples, and its gradient."""

from typing import Any

import torch
from torch import Tensor

from .errors import WorkerError
from .methods import adapter
from .model import Model
from .variation import Variation, adapted_module

#: How many positions are run together.
POSITIONS = 2048


def sizes(model: Model, names: list[str]) -> dict[str, list[int]]:
    """The inputs and outputs of modules, which all blocks must have alike."""
    found: dict[str, list[int]] = {}
    for name in names:
        shapes = set()
        for layer in range(len(model.layers)):
            module = adapted_module(model.layers, layer, name)
            inputs, outputs = getattr(module, "in_features", None), getattr(module, "out_features", None)
            if inputs is None or outputs is None:
                raise WorkerError("request", f"{name} of block {layer} is no linear layer; no adapter can change it")
            shapes.add((inputs, outputs))
        if len(shapes) != 1:
            raise WorkerError(
                "request", f"the blocks' {name} are of different sizes; no adapter of ours can change them"
            )
        found[name] = list(shapes.pop())
    return found


def loss(model: Model, request: dict[str, Any], tensors: dict[str, Tensor]) -> tuple[float, dict[str, Tensor]]:
    """The mean of `−ln P(y_t)` over all response tokens, and its gradient to each matrix."""
    made = adapter(model, request["adapter"], tensors)
    leaves = {place: tuple(part.requires_grad_() for part in pair) for place, pair in made.matrices.items()}
    made.matrices = leaves
    examples = sorted(request["examples"], key=lambda one: len(one["prompt"]) + len(one["response"]), reverse=True)
    count = sum(len(one["response"]) for one in examples)
    total, start = 0.0, 0
    while start < len(examples):
        longest = len(examples[start]["prompt"]) + len(examples[start]["response"]) - 1
        part = examples[start : start + max(1, POSITIONS // longest)]
        start += len(part)
        texts = [one["prompt"] + one["response"][:-1] for one in part]
        ids = [token for text in texts for token in text + [0] * (longest - len(text))]
        rows = model.embed(ids).view(len(texts), longest, -1).to(model.dtype)
        positions = torch.arange(longest, device=model.device).expand(len(texts), -1)
        places = [
            (row, len(one["prompt"]) - 1 + offset)
            for row, one in enumerate(part)
            for offset in range(len(one["response"]))
        ]
        with torch.enable_grad(), model.varied(Variation([], made)):
            states = model.states(rows, None, positions, None)
            logits = model.logits(states[torch.tensor(places).unbind(1)])
            targets = torch.tensor([token for one in part for token in one["response"]], device=logits.device)
            value = torch.nn.functional.cross_entropy(logits, targets, reduction="sum").double() / count
        value.backward()
        total += float(value.detach())
    gradients = {}
    for (layer, name), pair in leaves.items():
        for letter, part in zip("AB", pair, strict=True):
            gradients[f"{layer}.{name}.{letter}"] = part.grad if part.grad is not None else torch.zeros_like(part)
    return total, gradients
