"""Hidden states, edits and adapters against the plain formulas."""

from collections.abc import Callable

import pytest
import torch
from checkpoints import FAMILIES

from antipode_worker.errors import WorkerError
from antipode_worker.model import Model
from antipode_worker.states import hidden_states
from antipode_worker.variation import Adapter, Edit, Variation

Models = Callable[[str], Model]
TEXT = [5, 9, 30, 14, 7]


def logits(model: Model, variation: Variation | None) -> torch.Tensor:
    with torch.no_grad(), model.varied(variation):
        return model.network(input_ids=torch.tensor([TEXT]), use_cache=False).logits[0]


@pytest.mark.parametrize("name", FAMILIES)
def test_states_are_those_of_the_last_position(model: Models, name: str) -> None:
    own = model(name)
    with torch.no_grad():
        result = own.network(input_ids=torch.tensor([TEXT]), output_hidden_states=True, use_cache=False)
    inputs = [[{"tokens": TEXT}], [{"tokens": [8]}], [{"tokens": TEXT[:2]}, {"tokens": TEXT[2:]}]]
    found = hidden_states(own, {"inputs": inputs, "blocks": [1, 0]}, {})
    assert found.shape == (3, 2, own.width)
    # The last of transformers' own is behind the last norm, so the others are compared.
    for row in (0, 2):
        assert torch.allclose(found[row, 0], result.hidden_states[1][0, -1].float(), atol=1e-5)
        assert torch.allclose(found[row, 1], result.hidden_states[0][0, -1].float(), atol=1e-5)


def test_an_adapter_is_its_merged_weights(model: Models) -> None:
    own = model("llama")
    torch.manual_seed(2)
    a, b = torch.randn(3, own.width), torch.randn(own.width, 3)
    before = logits(own, None)
    found = logits(own, Variation([], Adapter({(1, "self_attn.q_proj"): (a, b)}, 0.5)))
    weight = own.layers[1].self_attn.q_proj.weight
    kept = weight.data.clone()
    weight.data += 0.5 * b @ a
    merged = logits(own, None)
    weight.data = kept
    assert torch.allclose(found, merged, atol=1e-4) and not torch.allclose(found, before, atol=1e-2)
    assert torch.equal(logits(own, None), before)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("block", [0, 1, 2])
def test_what_is_added_is_seen_behind_its_block(model: Models, name: str, block: int) -> None:
    own = model(name)
    direction = torch.ones(own.width)
    plain = hidden_states(own, {"inputs": [[{"tokens": TEXT}]], "blocks": [block]}, {})[0, 0]
    with own.varied(Variation([Edit(block, direction)], None)):
        found = hidden_states(own, {"inputs": [[{"tokens": TEXT}]], "blocks": [block]}, {})[0, 0]
    assert torch.allclose(found, plain + direction, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_nothing_is_left_of_an_ablated_direction(model: Models, name: str) -> None:
    own = model(name)
    torch.manual_seed(4)
    direction = torch.nn.functional.normalize(torch.randn(own.width), dim=0)
    with own.varied(Variation([Edit(None, direction)], None)):
        found = hidden_states(own, {"inputs": [[{"tokens": TEXT}]], "blocks": [0, 1, 2]}, {})[0]
    assert (found @ direction).abs().max() < 1e-4 * found.abs().max()


def test_an_adapter_of_modules_that_are_not_there(model: Models) -> None:
    with pytest.raises(WorkerError, match="attention.q"):
        logits(model("llama"), Variation([], Adapter({(0, "attention.q"): (torch.ones(1, 1), torch.ones(1, 1))}, 1)))
