"""Models that are quantized as they are loaded, and models that are split."""

from pathlib import Path
from typing import Any

import pytest
import torch

from antipode_worker import loading
from antipode_worker.errors import WorkerError
from antipode_worker.memory import Memory
from antipode_worker.model import Model
from antipode_worker.objective import Objective

PAIRS = [
    {"turn": [10, 11, 12], "response": [13, 14], "term": "0", "share": 0.5},
    {"turn": [20, 21], "response": [21, 15, 9], "term": "2", "share": 0.5},
]
PAIRS = [{**pair, "isUnlikelihood": False, "isDivergence": False} for pair in PAIRS]


def load(path: Path, **changes: Any) -> Model:
    return loading.load({"path": str(path), "device": "cpu", "dtype": "float32", "folder": str(path), **changes})


def steps(model: Model, count: int) -> list[float]:
    """The losses of some steps of Adam on a soft prompt."""
    torch.manual_seed(1)
    prompt = torch.randn(4, model.width, requires_grad=True)
    optimizer = torch.optim.Adam([prompt], lr=0.05)
    objective, losses = Objective(model, [5], [6]), []
    for _ in range(count):
        found = objective.value(prompt.detach(), PAIRS, True)
        assert found["gradient"].abs().max() > 0
        losses.append(sum(found["sums"].values()))
        prompt.grad = found["gradient"]
        optimizer.step()
    return losses


def test_nf4_has_gradients_on_a_processor(folders: Path) -> None:
    pytest.importorskip("bitsandbytes")
    model = load(folders / "llama", quantization="nf4")
    assert any(type(module).__name__ == "Linear4bit" for module in model.network.modules())
    losses = steps(model, 4)
    assert losses[-1] < losses[0]
    # It is another model than the one that is not quantized, and near it.
    plain = steps(load(folders / "llama"), 1)[0]
    assert losses[0] != plain and abs(losses[0] - plain) < 0.5 * plain


def test_a_split_model_is_the_model(folders: Path, tmp_path: Path) -> None:
    """Blocks on the processor and on the disk: as far as a machine without a GPU can try `device_map`."""
    whole = load(folders / "llama")
    split = load(folders / "llama", split={"cpu": "120KB", "disk": "1GB"}, folder=str(tmp_path))
    places = set(split.network.hf_device_map.values())
    assert places == {"cpu", "disk"}
    text = torch.tensor([[5, 9, 30, 14]])
    with torch.no_grad():
        found, expected = split.network(input_ids=text).logits, whole.network(input_ids=text).logits
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_other_formats(folders: Path, dtype: str) -> None:
    model = load(folders / "llama", dtype=dtype)
    assert next(model.network.parameters()).dtype == getattr(torch, dtype)
    losses = steps(model, 3)
    assert losses[-1] < losses[0]


def test_what_does_not_fit_is_refused_before_it_is_read(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = loading.weight_count(folders / "llama")
    assert count and count == sum(value.numel() for value in load(folders / "llama").network.parameters())
    monkeypatch.setattr(Memory, "free", property(lambda self: count * 4 - 1))
    with pytest.raises(WorkerError, match="needs about") as caught:
        load(folders / "llama")
    assert caught.value.kind == "memory" and "bfloat16" in str(caught.value)
    load(folders / "llama", dtype="bfloat16")


def test_attention_is_what_is_asked_for(folders: Path) -> None:
    for name in ("eager", "sdpa"):
        assert loading.described(load(folders / "llama", attention=name))["attention"] == name


def test_a_split_model_is_tuned(folders: Path, tmp_path: Path) -> None:
    split = load(folders / "llama", split={"cpu": "120KB", "disk": "1GB"}, folder=str(tmp_path))
    losses = steps(split, 3)
    assert losses == pytest.approx(steps(load(folders / "llama"), 3), abs=1e-4)
