"""The loss of a soft prompt over anchor pairs, Equations 3 and 4 of arXiv 2406.16743, and its gradient.

The prompt is run once, and its keys and values are lent to all pairs; their gradients come together there before they
go on through the prompt. Where memory is short the pairs are split: the sum is the same.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from .batch import Layers
from .errors import WorkerError
from .model import Model

#: The least value of `1 − P` in the unlikelihood: below it the term is constant.
FLOOR = 1e-6
#: How many positions are run together where nothing says how many fit: on a processor more gain nothing.
POSITIONS = {"cpu": 2048, "cuda": 16384}


@dataclass
class Objective:
    """What a loss is made of beside the soft prompt, and how many positions fit."""

    model: Model
    before: list[int]
    after: list[int]
    positions: int = field(init=False)

    def __post_init__(self) -> None:
        self.positions = POSITIONS.get(self.model.device.type, 2048)

    def value(self, prompt: Tensor, pairs: list[dict[str, Any]], wants_gradient: bool) -> dict[str, Any]:
        """The sums of each term's losses over its tokens, and the gradient `[P, d]` of the weighted sum.

        - pairs: each with `turn`, `response`, `term`, the `share` that its tokens' losses have in the whole, and
          whether it is held to the untouched model (`isDivergence`).
        """
        while True:
            try:
                return self._value(prompt, pairs, wants_gradient)
            except torch.OutOfMemoryError as error:
                if self.positions <= 64:
                    raise WorkerError(
                        "memory",
                        f"not even one pair fits beside the model: {str(error).splitlines()[0]}; take "
                        '"quantization": "nf4" or "dtype": "bfloat16"',
                    ) from error
                self.positions //= 2
                torch.cuda.empty_cache()

    def _value(self, prompt: Tensor, pairs: list[dict[str, Any]], wants_gradient: bool) -> dict[str, Any]:
        model = self.model
        soft = prompt.detach().to(model.device, torch.float32).requires_grad_(wants_gradient)
        with torch.set_grad_enabled(wants_gradient):
            prefix = self.prefix(soft)
        # Leaves, at which the gradients of all parts add up.
        leaves = [tuple(part.detach().requires_grad_(wants_gradient) for part in layer) for layer in prefix]
        untouched: Layers | None = None
        if any(pair["isDivergence"] for pair in pairs):
            with torch.no_grad():
                untouched = self.prefix(soft[:0])
        rows = len(self.before) + len(prompt) + len(self.after)
        sums: dict[str, float] = {}
        for part in self.parts(pairs):
            with torch.set_grad_enabled(wants_gradient):
                whole = self._part(part, leaves, rows, untouched, sums)
            if wants_gradient and whole.requires_grad:
                whole.backward()
        gradient = None
        if wants_gradient:
            ends = [part for layer in prefix for part in layer]
            slopes = [part.grad for layer in leaves for part in layer]
            chosen = [(end, slope) for end, slope in zip(ends, slopes, strict=True) if slope is not None]
            if chosen:
                torch.autograd.backward([end for end, _ in chosen], [slope for _, slope in chosen])
            gradient = soft.grad if soft.grad is not None else torch.zeros_like(soft)
        return {"sums": sums, "gradient": gradient}

    def prefix(self, soft: Tensor) -> Layers:
        """The keys and values of the template's tokens with the soft prompt among them."""
        model = self.model
        parts = [soft.to(model.dtype)]
        if self.before:
            parts.insert(0, model.embed(self.before).to(model.dtype))
        if self.after:
            parts.append(model.embed(self.after).to(model.dtype))
        rows = torch.cat(parts)
        return model.prefix(rows) if len(rows) else []

    def parts(self, pairs: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        """The pairs that are run together, those of about one length."""

        def length(pair: dict[str, Any]) -> int:
            return len(pair["turn"]) + len(pair["response"]) - 1

        parts: list[list[dict[str, Any]]] = []
        for pair in sorted(pairs, key=length, reverse=True):
            if not parts or (len(parts[-1]) + 1) * length(parts[-1][0]) > self.positions:
                parts.append([])
            parts[-1].append(pair)
        return parts

    def _part(
        self,
        pairs: list[dict[str, Any]],
        prefix: list[tuple[Tensor, ...]],
        rows: int,
        untouched: Layers | None,
        sums: dict[str, float],
    ) -> Tensor:
        """A part's share of the whole; adds to the sums."""
        model = self.model
        states = self.states(pairs, prefix, rows)
        whole = torch.zeros((), dtype=torch.float64, device=model.device)
        own = [pair for pair in pairs if not pair["isDivergence"]]
        if own:
            logits = model.logits(states[predicting(pairs, own)])
            targets = torch.tensor([token for pair in own for token in pair["response"]], device=logits.device)
            logs = -torch.nn.functional.cross_entropy(logits, targets, reduction="none").double()
            losses = torch.where(flags(own, "isUnlikelihood", logs.device), unlikelihood(logs), -logs)
            shares = torch.tensor(
                [pair["share"] for pair in own for _ in pair["response"]], dtype=torch.float64, device=logs.device
            )
            whole = whole + (losses * shares).sum().to(whole.device)
            add(sums, own, losses)
        held = [pair for pair in pairs if pair["isDivergence"]]
        if held:
            with torch.no_grad():
                bare = self.states(held, untouched or [], len(self.before) + len(self.after))
                reference = model.logits(bare[predicting(held, held)]).log_softmax(-1)
            logs = model.logits(states[predicting(pairs, held)]).log_softmax(-1)
            losses = (reference.double().exp() * (reference.double() - logs.double())).sum(-1)
            shares = torch.tensor(
                [pair["share"] for pair in held for _ in pair["response"]], dtype=torch.float64, device=logs.device
            )
            whole = whole + (losses * shares).sum().to(whole.device)
            add(sums, held, losses)
        return whole

    def states(self, pairs: list[dict[str, Any]], prefix: list[tuple[Tensor, ...]], rows: int) -> Tensor:
        """The states `[pairs, positions, …]` behind a prompt. Padding stands behind, where no token sees it."""
        model = self.model
        texts = [pair["turn"] + pair["response"][:-1] for pair in pairs]
        longest = max(map(len, texts))
        inputs = model.embed([token for text in texts for token in text + [0] * (longest - len(text))])
        inputs = inputs.view(len(texts), longest, -1).to(model.dtype)
        cache = DynamicCache()
        for layer, (keys, values) in enumerate(prefix):
            cache.update(keys.expand(len(texts), -1, -1, -1), values.expand(len(texts), -1, -1, -1), layer)
        positions = torch.arange(rows, rows + longest, device=model.device).expand(len(texts), -1)
        return model.states(inputs, None, positions, cache)


def predicting(pairs: list[dict[str, Any]], chosen: list[dict[str, Any]]) -> tuple[Tensor, Tensor]:
    """The rows and positions whose logits predict the responses of some of the pairs, in order."""
    wanted = {id(pair) for pair in chosen}
    places = [
        (row, len(pair["turn"]) - 1 + offset)
        for row, pair in enumerate(pairs)
        if id(pair) in wanted
        for offset in range(len(pair["response"]))
    ]
    first, second = torch.tensor(places).unbind(1)
    return first, second


def unlikelihood(logs: Tensor) -> Tensor:
    """`−ln(1 − P)` of log-probabilities, constant where `1 − P` is below its floor."""
    rest = -torch.expm1(logs)
    return -torch.where(rest > FLOOR, rest, torch.full_like(rest, FLOOR)).log()


def flags(pairs: list[dict[str, Any]], name: str, device: torch.device) -> Tensor:
    """What each pair says, for each token of its response."""
    return torch.tensor([pair[name] for pair in pairs for _ in pair["response"]], device=device)


def add(sums: dict[str, float], pairs: list[dict[str, Any]], losses: Tensor) -> None:
    """Adds the losses of the pairs' tokens to their terms' sums."""
    names = [pair["term"] for pair in pairs for _ in pair["response"]]
    for name, loss in zip(names, losses.tolist(), strict=True):
        sums[name] = sums.get(name, 0.0) + loss
