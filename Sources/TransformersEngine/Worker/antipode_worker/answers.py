"""Answers to many requests under a method, all streams of a batch together."""

from dataclasses import dataclass, field
from typing import Any

import torch

from .batch import Batch
from .memory import Memory
from .methods import Method
from .protocol import Report
from .randomness import Sampler


@dataclass
class Running:
    """A request that is being answered."""

    request: int
    sample: int
    tokens: list[int] = field(default_factory=list)


@torch.inference_mode()
def answers(method: Method, request: dict[str, Any], memory: Memory, report: Report) -> dict[str, Any]:
    """Answers all requests; what is chosen at each step is reported, with the answers that it ended.

    A sequence that ends leaves its place to others: a quarter of the batch at a time, so that prompts are run together.
    """
    asked, sampling = request["requests"], request["sampling"]
    sampler = Sampler(sampling["temperature"], sampling["topP"], sampling["topK"], int(sampling["seed"]))
    stops, most = set(request["stopTokens"]), request["maximumTokens"]
    longest = max((len(turn) for one in asked for turn in one["turns"]), default=0)
    size = memory.sequences(method, longest + most, most=min(request["batchSize"], len(asked)))
    waiting = list(range(len(asked)))
    running: list[Running] = []
    batches: list[Batch] = []
    generated = 0

    def chosen(logits: torch.Tensor, group: list[Running]) -> tuple[list[int], list[int]]:
        """The next token of each of a group, told; and the places of those that go on."""
        nonlocal generated
        combined = method.combined(logits[:, :, -1], [len(one.tokens) for one in group])
        tokens = sampler.tokens(combined, [one.sample for one in group], [len(one.tokens) for one in group])
        told: list[list[int]] = []
        ended: list[list[Any]] = []
        going: list[int] = []
        for place, (one, token) in enumerate(zip(group, tokens, strict=True)):
            if token in stops:
                ended.append([one.request, True])
                continue
            one.tokens.append(token)
            generated += 1
            told.append([one.request, token])
            if len(one.tokens) == most:
                ended.append([one.request, False])
            else:
                going.append(place)
        report({"tokens": told, "ended": ended})
        return tokens, going

    while waiting or running:
        if waiting and (not running or size - len(running) >= max(1, size // 4)):
            group = [Running(place, asked[place]["sample"]) for place in waiting[: size - len(running)]]
            del waiting[: len(group)]
            fresh = method.batches([asked[one.request]["turns"] for one in group], most)
            logits = method.logits([batch.run() for batch in fresh])
            _, going = chosen(logits, group)
            if going:
                if len(going) < len(group):
                    for batch in fresh:
                        batch.keep(going)
                if running:
                    for batch, other in zip(batches, fresh, strict=True):
                        batch.join(other)
                else:
                    batches = fresh
                running += [group[place] for place in going]
            continue
        newest = [one.tokens[-1] for one in running]
        logits = method.logits([batch.step(newest) for batch in batches])
        _, going = chosen(logits, running)
        if len(going) < len(running):
            running = [running[place] for place in going]
            if running:
                for batch in batches:
                    batch.keep(going)
    return {"tokens": generated, "batch": size}
