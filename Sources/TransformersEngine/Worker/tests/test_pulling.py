"""States behind a soft prompt, and their gradient to it, against one conversation at a time."""

from collections.abc import Callable

import pytest
import torch

from antipode_worker.model import Model
from antipode_worker.pulling import Pulling
from antipode_worker.states import hidden_states

BEFORE, AFTER, TURNS = [5, 6], [70, 71], [[10, 11, 12], [20], [31, 32, 33, 34, 35]]


@pytest.mark.parametrize("family", ["llama", "mistral-window", "gemma2", "mixtral"])
def test_states_and_gradient_are_those_of_whole_passes(model: Callable[[str], Model], family: str) -> None:
    found = model(family)
    prompt = torch.randn(4, found.width, generator=torch.Generator().manual_seed(1))
    slopes = torch.randn(len(TURNS), found.width, generator=torch.Generator().manual_seed(2))
    pulling = Pulling(found, BEFORE, AFTER, prompt, TURNS)
    states = pulling.states(wants_gradient=True)
    gradient = pulling.gradient(slopes)

    soft = prompt.clone().requires_grad_()
    alone = []
    for turn in TURNS:
        rows = torch.cat([found.embed(BEFORE), soft, found.embed(AFTER + turn)])[None]
        alone.append(found.body(inputs_embeds=rows, use_cache=False).last_hidden_state[0, -1])
    expected = torch.stack(alone)
    expected.backward(slopes)
    assert torch.allclose(states, expected, atol=1e-5)
    assert soft.grad is not None
    assert (gradient - soft.grad).abs().max() < 1e-5 * soft.grad.abs().max()
    assert torch.allclose(
        Pulling(found, BEFORE, AFTER, prompt, TURNS).states(wants_gradient=False), expected, atol=1e-5
    )


def test_the_block_behind_the_last_is_what_the_head_reads(model: Callable[[str], Model]) -> None:
    found = model("llama")
    inputs = [[{"tokens": [5, 9]}, {"tokens": turn}] for turn in TURNS]
    states = hidden_states(found, {"inputs": inputs, "blocks": [1, len(found.layers) + 1]}, {})
    with torch.no_grad():
        for turn, state in zip(TURNS, states, strict=True):
            whole = found.body(input_ids=torch.tensor([[5, 9, *turn]]), output_hidden_states=True)
            assert torch.allclose(state[0], whole.hidden_states[1][0, -1], atol=1e-5)
            assert torch.allclose(state[1], whole.last_hidden_state[0, -1], atol=1e-5)
