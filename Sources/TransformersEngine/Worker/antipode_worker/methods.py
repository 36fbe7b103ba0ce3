"""What a driver says of a decoding method, made ready: passes and a rule."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .batch import Batch, Pass
from .errors import WorkerError
from .model import Model
from .rules import Rule, combine, rule
from .variation import Adapter, Edit, Variation


@dataclass
class Method:
    """A method's streams, by the models and variations that they run on, and the rule that combines them."""

    passes: list[Pass]
    rule: Rule
    #: The rule's streams, and one more where there is a reference.
    streams: int
    has_reference: bool

    def logits(self, parts: list[Tensor]) -> Tensor:
        """All streams' logits `[streams, …]` of what each pass gave, in the method's order."""
        if len(parts) == 1:
            return parts[0]
        ordered: list[Tensor | None] = [None] * self.streams
        for owner, part in zip(self.passes, parts, strict=True):
            for place, stream in enumerate(owner.streams):
                ordered[stream] = part[place].to(parts[0].device)
        return torch.stack([tensor for tensor in ordered if tensor is not None])

    def combined(self, logits: Tensor, steps: list[int]) -> Tensor:
        """The logits `[rows, vocabulary]` that tokens are chosen from, of `[streams, rows, vocabulary]`."""
        own = logits[:-1] if self.has_reference else logits
        return combine(self.rule, own, steps)

    def batches(self, turns: list[list[list[int]]], new: int) -> list[Batch]:
        """A batch of each pass: `turns` has those of each sequence, one for each stream or one for all."""

        def turn(sequence: list[list[int]], stream: int) -> list[int]:
            return sequence[0] if len(sequence) == 1 else sequence[stream]

        return [
            Batch(owner, [[turn(sequence, stream) for sequence in turns] for stream in owner.streams], new)
            for owner in self.passes
        ]


def rows(model: Model, prompt: list[dict[str, Any]], tensors: dict[str, Tensor]) -> Tensor:
    """The rows `[count, width]` of a prompt's parts: tokens, or rows of a soft prompt."""
    parts = [torch.zeros(0, model.width, device=model.device, dtype=model.dtype)]
    for part in prompt:
        if "tokens" in part:
            parts.append(model.embed(part["tokens"]).to(model.dtype))
            continue
        soft = tensors[part["rows"]]
        if soft.shape[1] != model.width:
            raise WorkerError(
                "request",
                f"the prompts are {soft.shape[1]} wide and the model {model.width}: tuned for another model",
            )
        parts.append(soft.to(model.device, model.dtype))
    return torch.cat(parts)


def variation(model: Model, stream: dict[str, Any], tensors: dict[str, Tensor]) -> Variation | None:
    """What a stream changes in its model; None for nothing."""
    edits = []
    for edit in stream.get("edits", []):
        direction = tensors[edit["direction"]].to(model.device)
        if edit.get("block") is None:
            edits.append(Edit(None, direction))
        else:
            edits.append(Edit(edit["block"], direction * edit["scale"]))
    described = stream.get("adapter")
    added = adapter(model, described, tensors) if described is not None else None
    return Variation(edits, added) if edits or added is not None else None


def adapter(model: Model, described: dict[str, Any], tensors: dict[str, Tensor]) -> Adapter:
    """A low-rank adapter, by the names of its matrices."""
    matrices = {}
    for layer in range(described["layers"]):
        for name in described["modules"]:
            stem = f"{described['name']}.{layer}.{name}"
            matrices[layer, name] = (tensors[f"{stem}.A"].to(model.device), tensors[f"{stem}.B"].to(model.device))
    return Adapter(matrices, described["scale"])


def method(described: dict[str, Any], models: dict[str, Model], tensors: dict[str, Tensor]) -> Method:
    """The method that a driver describes."""
    streams = described["streams"]
    groups: dict[tuple[str, str], list[int]] = {}
    for place, stream in enumerate(streams):
        # Streams that change nothing, or the same, in one model run together.
        key = (stream["model"], repr((stream.get("edits", []), stream.get("adapter"))))
        groups.setdefault(key, []).append(place)
    passes = []
    for (name, _), members in groups.items():
        if name not in models:
            raise WorkerError("request", f"no model {name} is loaded")
        model = models[name]
        prompts = [rows(model, streams[place]["prompt"], tensors) for place in members]
        passes.append(Pass(model, variation(model, streams[members[0]], tensors), members, prompts))
    return Method(passes, rule(described["rule"]), len(streams), described.get("hasReference", False))
