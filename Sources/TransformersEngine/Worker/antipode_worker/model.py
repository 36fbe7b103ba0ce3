"""A causal language model of transformers, as the calls use it: rows of embeddings in, states and logits out."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from .errors import WorkerError
from .variation import Variation


@dataclass
class Model:
    """A loaded model with what the calls need to know of it."""

    network: PreTrainedModel
    #: What the model's answers are made on: where its embeddings are.
    device: torch.device
    dtype: torch.dtype
    #: The positions that one conversation may have.
    position_limit: int
    #: Whether the head can be run on chosen rows alone, as `head` does.
    has_plain_head: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)
        self.body: nn.Module = self.network.base_model
        accepted = inspect.signature(self.body.forward).parameters
        self._takes_positions = "position_ids" in accepted
        self.layers = found_layers(self.network)
        self.has_plain_head = self._probe_head()

    # Dimensions

    @property
    def configuration(self) -> Any:
        return self.network.config.get_text_config()

    @property
    def width(self) -> int:
        """The width of the rows that go in."""
        return self.network.get_input_embeddings().weight.shape[1]

    @property
    def vocabulary(self) -> int:
        return self.network.get_output_embeddings().weight.shape[0]

    @property
    def embedded(self) -> int:
        """The number of tokens that have a row."""
        return self.network.get_input_embeddings().weight.shape[0]

    @property
    def cache_bytes(self) -> int:
        """What the keys and values of one position take."""
        configuration = self.configuration
        heads = getattr(configuration, "num_key_value_heads", None) or configuration.num_attention_heads
        size = getattr(configuration, "head_dim", None) or self.width // configuration.num_attention_heads
        return 2 * len(self.layers) * heads * size * self.dtype.itemsize

    # Passes

    def embed(self, tokens: list[int]) -> Tensor:
        """The rows `[tokens, width]` of some tokens."""
        limit = self.embedded
        for token in tokens:
            if not 0 <= token < limit:
                raise WorkerError("request", f"the token {token} is unknown: the model has {limit}")
        return self.network.get_input_embeddings()(torch.tensor(tokens, dtype=torch.long, device=self.device))

    def states(self, rows: Tensor, mask: Tensor | None, positions: Tensor | None, cache: DynamicCache | None) -> Tensor:
        """What `logits` takes, `[batch, new, …]`, of new rows `[batch, new, width]`.

        - mask: `[batch, cached + new]`, 0 where there is nothing; None where there is something everywhere.
        - positions: `[batch, new]`; None where they count from what is cached.
        """
        options: dict[str, Any] = {"past_key_values": cache} if cache is not None else {}
        if self._takes_positions and positions is not None:
            options["position_ids"] = positions
        module = self.body if self.has_plain_head else self.network
        result = module(
            inputs_embeds=rows, attention_mask=mask, use_cache=cache is not None, return_dict=True, **options
        )
        return result.last_hidden_state if self.has_plain_head else result.logits

    def logits(self, states: Tensor) -> Tensor:
        """The logits `[…, vocabulary]` of some rows of states, in 32 bits."""
        return self._head(states).float() if self.has_plain_head else states.float()

    def prefix(self, rows: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The keys and values `[1, heads, rows, size]` of each layer behind some rows `[rows, width]`."""
        cache = DynamicCache()
        self.states(rows[None], None, torch.arange(len(rows), device=self.device)[None], cache)
        return [(layer.keys, layer.values) for layer in cache.layers]

    @contextmanager
    def varied(self, variation: Variation | None) -> Iterator[None]:
        """The model with an adapter or with edited states, meanwhile."""
        if variation is None:
            yield
            return
        handles = variation.hooks(self.layers)
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    # The head

    def _head(self, states: Tensor) -> Tensor:
        logits = self.network.get_output_embeddings()(states)
        configuration = self.configuration
        divisor = getattr(configuration, "logits_scaling", None)
        if divisor is not None:
            logits = logits / divisor
        factor = getattr(configuration, "logit_scale", None)
        if factor is not None:
            logits = logits * factor
        cap = getattr(configuration, "final_logit_softcapping", None)
        if cap is not None:
            logits = (logits / cap).tanh() * cap
        return logits

    @torch.no_grad()
    def _probe_head(self) -> bool:
        """Whether the head, as it is here, gives what the whole model gives: else the whole model is run."""
        rows = self.embed([0, min(1, self.embedded - 1), min(2, self.embedded - 1)])[None]
        whole = self.network(inputs_embeds=rows, use_cache=False, return_dict=True).logits
        states = self.body(inputs_embeds=rows, use_cache=False, return_dict=True).last_hidden_state
        try:
            own = self._head(states)
        except (RuntimeError, TypeError):
            return False
        return own.shape == whole.shape and torch.allclose(own.float(), whole.float(), rtol=1e-5, atol=1e-6)


def found_layers(network: PreTrainedModel) -> nn.ModuleList:
    """The blocks of a model, in their order."""
    count = network.config.get_text_config().num_hidden_layers
    for module in network.modules():
        for name in ("layers", "h", "blocks"):
            layers = getattr(module, name, None)
            if isinstance(layers, nn.ModuleList) and len(layers) == count:
                return layers
    raise WorkerError("model", f"{type(network).__name__}: its blocks are not found where other models have them")
