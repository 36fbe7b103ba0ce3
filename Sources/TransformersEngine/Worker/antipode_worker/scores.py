"""How a method holds given continuations, and what it did at each token of its own."""

from typing import Any

import torch
from torch import Tensor

from .methods import Method
from .protocol import Report

#: What is less likely than e⁻⁴⁰ adds nothing to a divergence; barred tokens are among it.
NEGLIGIBLE = -40.0
#: Rows of logits, and continuations, that are held at a time.
ROWS, REQUESTS = 768, 32


def parts(lengths: list[int], streams: int) -> list[range]:
    """Which continuations are run together, by their lengths."""
    found, start, limit = [], 0, ROWS // streams
    while start < len(lengths):
        end, longest = start, 0
        while end < len(lengths) and end - start < REQUESTS:
            longest = max(longest, lengths[end])
            if end > start and longest * (end - start + 1) > limit:
                break
            end += 1
        found.append(range(start, end))
        start = end
    return found


def continued(method: Method, turns: list[list[list[int]]], texts: list[list[int]]) -> list[Tensor]:
    """The logits `[streams, tokens, vocabulary]` that each continuation's tokens are predicted by."""
    extended = [[turn + text[:-1] for turn in own] for own, text in zip(turns, texts, strict=True)]
    kept = max(map(len, texts))
    logits = method.logits([batch.run(kept) for batch in method.batches(extended, 0)])
    return [logits[:, place, kept - len(text) :] for place, text in enumerate(texts)]


@torch.inference_mode()
def scores(method: Method, request: dict[str, Any], report: Report) -> dict[str, Any]:
    """The log-probability of each token of given continuations, and the divergence from the reference stream."""
    asked = request["requests"]
    found: list[dict[str, Any]] = []
    for part in parts([len(one["continuation"]) for one in asked], method.streams):
        texts = [asked[place]["continuation"] for place in part]
        for text, logits in zip(
            texts, continued(method, [asked[place]["turns"] for place in part], texts), strict=True
        ):
            logs = method.combined(logits, list(range(len(text)))).double().log_softmax(-1)
            held = logs.gather(-1, torch.tensor(text, device=logs.device)[:, None]).squeeze(-1)
            divergences: list[float] = []
            if method.has_reference:
                reference = logits[-1].double().log_softmax(-1)
                terms = torch.where(logs > NEGLIGIBLE, logs.exp() * (logs - reference), 0.0)
                divergences = terms.sum(-1).clamp(min=0).tolist()
            # JSON has no infinity: null stands for a token that the method bars.
            numbers = [value if value > -float("inf") else None for value in held.tolist()]
            found.append({"logProbabilities": numbers, "divergences": divergences})
        report({"done": part.stop})
    return {"scores": found}


@torch.inference_mode()
def steps(method: Method, request: dict[str, Any]) -> dict[str, Any]:
    """What the method did at each token of some answers."""
    found: list[list[dict[str, Any]]] = []
    for one in request["answers"]:
        tokens = one["tokens"]
        if not tokens:
            found.append([])
            continue
        logits = continued(method, [one["turns"]], [tokens])[0]
        before = logits.double().log_softmax(-1).exp()
        after = method.combined(logits, list(range(len(tokens)))).double().log_softmax(-1).exp()
        favorites = logits[0].argmax(-1).tolist()
        found.append(
            [
                {
                    "token": token,
                    "streams": before[:, place, token].tolist(),
                    "probability": float(after[place, token]),
                    "favorite": favorite,
                    "favoriteBefore": float(before[0, place, favorite]),
                    "favoriteAfter": float(after[place, favorite]),
                }
                for place, (token, favorite) in enumerate(zip(tokens, favorites, strict=True))
            ]
        )
    return {"steps": found}


@torch.inference_mode()
def logits(method: Method, request: dict[str, Any]) -> Tensor:
    """The combined logits `[tokens, vocabulary]` that a continuation's tokens are predicted by."""
    text = request["continuation"]
    return method.combined(continued(method, [request["turns"]], [text])[0], list(range(len(text))))
