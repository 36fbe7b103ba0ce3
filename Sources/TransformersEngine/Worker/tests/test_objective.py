"""The objective against the layout of PEFT's prompt tuning: the prompt in every row, no cache."""

from collections.abc import Callable

import pytest
import torch
from checkpoints import FAMILIES

from antipode_worker.model import Model
from antipode_worker.objective import FLOOR, Objective

Models = Callable[[str], Model]
BEFORE, AFTER = [5, 6], [7, 8, 9]
PAIRS = [
    {"turn": [10, 11, 12], "response": [13, 14], "term": "0", "share": 0.25, "isUnlikelihood": False},
    {"turn": [10, 11], "response": [15, 16, 17, 18], "term": "1", "share": 0.2, "isUnlikelihood": True},
    {"turn": [20], "response": [21], "term": "2", "share": 1.0, "isUnlikelihood": False},
    {"turn": [22, 23, 24, 25, 26, 27], "response": [28, 29, 30], "term": "0", "share": 0.25, "isUnlikelihood": False},
]


def pairs(divergence: bool) -> list[dict]:
    return [{**pair, "isDivergence": divergence and pair["term"] == "2"} for pair in PAIRS]


def plain(model: Model, prompt: torch.Tensor, divergence: bool) -> tuple[torch.Tensor, dict[str, float]]:
    """The weighted sum and the terms' sums, each pair by itself."""
    whole, sums = torch.zeros((), dtype=torch.float64), {"0": 0.0, "1": 0.0, "2": 0.0}
    for pair in pairs(divergence):
        text = pair["turn"] + pair["response"][:-1]

        def logs(soft: torch.Tensor, text: list[int] = text) -> torch.Tensor:
            rows = torch.cat([model.embed(BEFORE), soft, model.embed(AFTER + text)])
            logits = model.network(inputs_embeds=rows[None], use_cache=False).logits[0].double()
            return logits[-len(pair["response"]) :].log_softmax(-1)  # noqa: B023

        found = logs(prompt)
        held = found.gather(-1, torch.tensor(pair["response"])[:, None]).squeeze(-1)
        if pair["isDivergence"]:
            with torch.no_grad():
                bare = logs(prompt[:0])
            losses = (bare.exp() * (bare - found)).sum(-1)
        elif pair["isUnlikelihood"]:
            losses = -(1 - held.exp()).clamp(min=FLOOR).log()
        else:
            losses = -held
        whole = whole + pair["share"] * losses.sum()
        sums[pair["term"]] += float(losses.detach().sum())
    return whole, sums


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("divergence", [False, True])
@pytest.mark.parametrize("positions", [4096, 12])
def test_loss_and_gradient_are_those_of_plain_rows(model: Models, name: str, divergence: bool, positions: int) -> None:
    own = model(name)
    torch.manual_seed(1)
    prompt = torch.randn(4, own.width, requires_grad=True)
    whole, sums = plain(own, prompt, divergence)
    whole.backward()
    objective = Objective(own, BEFORE, AFTER)
    objective.positions = positions
    found = objective.value(prompt.detach(), pairs(divergence), True)
    for term, value in sums.items():
        assert found["sums"][term] == pytest.approx(value, abs=2e-5)
    largest = prompt.grad.abs().max()
    assert (found["gradient"] - prompt.grad).abs().max() < 1e-4 * largest
    assert objective.value(prompt.detach(), pairs(divergence), False)["gradient"] is None
