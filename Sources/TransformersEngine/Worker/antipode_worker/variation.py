"""What a stream changes in its model: a low-rank adapter, and edits of the hidden states."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from .errors import WorkerError

#: What adds to the states within a block, in the names of model families: attention, then the feed-forward part. Where
#: a norm stands behind them, it is the norm that adds.
ATTENTION = ("self_attn", "self_attention", "attention", "attn")
FORWARD = ("mlp", "block_sparse_moe", "feed_forward", "fc2")
NORMS_BEHIND = (
    ("post_attention_layernorm", "post_self_attn_layernorm"),
    (
        "post_feedforward_layernorm",
        "post_mlp_layernorm",
    ),
)


@dataclass
class Edit:
    """`h ← h + s · r` behind a block, or `h ← h − r̂ (r̂ᵀ h)` wherever something is added to the states."""

    #: The number of blocks that have run; None for an ablation.
    block: int | None
    #: s · r, or r̂, `[width]`.
    direction: Tensor

    def of(self, states: Tensor) -> Tensor:
        direction = self.direction.to(states)
        if self.block is not None:
            return states + direction
        return states - (states @ direction)[..., None] * direction


@dataclass
class Adapter:
    """A low-rank adapter: for each module `(layer, name)` the matrices A `[r, inputs]` and B `[outputs, r]`."""

    matrices: dict[tuple[int, str], tuple[Tensor, Tensor]]
    scale: float


@dataclass
class Variation:
    """What is changed, by hooks on the modules."""

    edits: list[Edit]
    adapter: Adapter | None

    def hooks(self, layers: nn.ModuleList) -> list[RemovableHandle]:
        handles: list[RemovableHandle] = []
        if self.adapter is not None:
            for (layer, name), (a, b) in self.adapter.matrices.items():
                module = adapted_module(layers, layer, name)
                handles.append(module.register_forward_hook(adding(a, b, self.adapter.scale)))
        for edit in self.edits:
            if edit.block is None:
                handles += ablations(layers, edit)
            elif edit.block == 0:
                handles.append(layers[0].register_forward_pre_hook(before(edit), with_kwargs=True))
            else:
                handles.append(layers[edit.block - 1].register_forward_hook(behind(edit)))
        return handles


def adapted_module(layers: nn.ModuleList, layer: int, name: str) -> nn.Module:
    """A block's module of a name such as `self_attn.q_proj`."""
    try:
        return layers[layer].get_submodule(name)
    except (AttributeError, IndexError) as error:
        raise WorkerError("request", f"the adapter changes {name} of block {layer}, which the model lacks") from error


def adding(a: Tensor, b: Tensor, scale: float) -> Callable[..., Tensor]:
    """A hook that adds `s · B A x` to a module's output."""

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        x = inputs[0]
        down = a.to(device=x.device, dtype=x.dtype)
        return output + (x @ down.T @ b.to(device=x.device, dtype=x.dtype).T) * scale

    return hook


def behind(edit: Edit) -> Callable[..., Any]:
    """A hook that edits a module's output, which may stand first in a tuple."""

    def hook(module: nn.Module, inputs: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return (edit.of(output[0]), *output[1:])
        return edit.of(output)

    return hook


def before(edit: Edit) -> Callable[..., Any]:
    """A hook that edits a block's states before it runs."""

    def hook(module: nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if arguments:
            return (edit.of(arguments[0]), *arguments[1:]), named
        return arguments, {**named, "hidden_states": edit.of(named["hidden_states"])}

    return hook


def ablations(layers: nn.ModuleList, edit: Edit) -> list[RemovableHandle]:
    """Takes a direction from the embeddings and from all that the blocks add.

    What a sum of states without the direction gets added without it has none of it either.
    """
    handles = [layers[0].register_forward_pre_hook(before(edit), with_kwargs=True)]
    for layer in layers:
        has_norms_behind = any(hasattr(layer, name) for name in NORMS_BEHIND[1])
        names = NORMS_BEHIND if has_norms_behind else (ATTENTION, FORWARD)
        for candidates in names:
            module = next((getattr(layer, name) for name in candidates if hasattr(layer, name)), None)
            if module is None:
                raise WorkerError(
                    "request",
                    f"{type(layer).__name__}: what adds to its hidden states is not known, so no direction can be "
                    "taken from them; take another method for this model",
                )
            handles.append(module.register_forward_hook(behind(edit)))
        # Where neither hook sees an addition (a bias on the sum), the block's own output is seen.
        handles.append(layer.register_forward_hook(behind(edit)))
    return handles
