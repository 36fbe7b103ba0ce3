"""Hidden states behind blocks, at the last position of some inputs."""

from typing import Any

import torch
from torch import Tensor

from .errors import WorkerError
from .methods import rows
from .model import Model

#: How many inputs are run together.
INPUTS = 16


@torch.inference_mode()
def hidden_states(model: Model, request: dict[str, Any], tensors: dict[str, Tensor]) -> Tensor:
    """The states `[inputs, blocks, width]` before the last norm; block 0 is the embeddings.

    The block behind the last one is what the head reads, behind that norm.
    """
    blocks = request["blocks"]
    inputs = [rows(model, parts, tensors) for parts in request["inputs"]]
    found = []
    for start in range(0, len(inputs), INPUTS):
        found.append(_part(model, inputs[start : start + INPUTS], blocks).cpu())
    return torch.cat(found) if found else torch.zeros(0, len(blocks), model.width)


def _part(model: Model, inputs: list[Tensor], blocks: list[int]) -> Tensor:
    longest = max(map(len, inputs))
    # Empty positions on the left: the last ones stand in one column.
    lengths = torch.tensor([len(one) for one in inputs], device=model.device)
    padded = torch.stack([torch.cat([one.new_zeros(longest - len(one), one.shape[1]), one]) for one in inputs])
    places = torch.arange(longest, device=model.device)
    mask = (places >= longest - lengths[:, None]).long()
    positions = (places - (longest - lengths[:, None])).clamp(min=0)
    seen: dict[int, Tensor] = {}

    def watch(block: int, states: Any) -> None:
        states = states[0] if isinstance(states, tuple) else states
        seen[block] = states[:, -1].float()

    handles = []
    if 0 in blocks:

        def first(module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            watch(0, arguments[0] if arguments else named["hidden_states"])

        handles.append(model.layers[0].register_forward_pre_hook(first, with_kwargs=True))
    for block in blocks:
        if 0 < block <= len(model.layers):

            def behind(module: torch.nn.Module, arguments: Any, output: Any, block: int = block) -> None:
                watch(block, output)

            handles.append(model.layers[block - 1].register_forward_hook(behind))
    last = len(model.layers) + 1
    if last in blocks and not model.has_plain_head:
        raise WorkerError(
            "request",
            f"{type(model.network).__name__}: what its head reads is not known here; take another method",
        )
    try:
        read = model.states(padded, None if bool(mask.all()) else mask, positions, None)
        if last in blocks:
            watch(last, read)
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack([seen[block].to(model.device) for block in blocks], dim=1)
