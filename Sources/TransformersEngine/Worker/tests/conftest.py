"""Tiny random checkpoints, one for each family, made once for a run of the tests."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from checkpoints import FAMILIES, network

from antipode_worker.model import Model

# The models are tiny: a second thread would only wait for the first.
torch.set_num_threads(1)


@pytest.fixture(scope="session")
def model() -> Callable[[str], Model]:
    """The model of a family."""
    known: dict[str, Model] = {}

    def found(name: str) -> Model:
        if name not in known:
            known[name] = Model(network(name), torch.device("cpu"), torch.float32, 128)
        return known[name]

    return found


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a checkpoint of each family, as transformers writes it."""
    root = tmp_path_factory.mktemp("checkpoints")
    for name in FAMILIES:
        network(name).save_pretrained(root / name)
    return root
