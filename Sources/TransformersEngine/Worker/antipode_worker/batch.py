"""Sequences that are run together behind their streams' prompts, each prompt computed once."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from .model import Model
from .variation import Variation

Layers = list[tuple[Tensor, Tensor]]


class ReservedLayer(DynamicLayer):
    """Keys and values in memory that is reserved once, `[rows, heads, capacity, size]`, and filled from the left."""

    def __init__(self, keys: Tensor, values: Tensor, used: int) -> None:
        super().__init__()
        self.reserved_keys, self.reserved_values, self.used = keys, values, used
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self._show()

    def _show(self) -> None:
        self.keys = self.reserved_keys[:, :, : self.used]
        self.values = self.reserved_values[:, :, : self.used]

    def update(
        self, key_states: Tensor, value_states: Tensor, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        end = self.used + key_states.shape[-2]
        self.reserved_keys[:, :, self.used : end] = key_states
        self.reserved_values[:, :, self.used : end] = value_states
        self.used = end
        self._show()
        return self.keys, self.values

    def get_seq_length(self) -> int:
        return self.used


@dataclass
class Prompt:
    """What stands before all turns of a stream."""

    #: `[rows, width]`
    rows: Tensor
    #: The keys and values of each layer; empty where there are no rows.
    layers: Layers


class Pass:
    """The streams of a method that run on one model in one variation, with their prompts."""

    def __init__(self, model: Model, variation: Variation | None, streams: list[int], rows: list[Tensor]) -> None:
        self.model, self.variation, self.streams = model, variation, streams
        self.prompts: list[Prompt] = []
        with model.varied(variation):
            for stream in rows:
                layers = model.prefix(stream) if len(stream) > 0 else []
                self.prompts.append(Prompt(stream, layers))


class Batch:
    """Running sequences of a pass: a row for each stream and sequence, all sequences of the first stream first.

    The rows' newest positions stand in one column; what is empty stands on the left alone, so that models that count
    columns, for windows, count right. In the place of padding the ends of prompts are run again.
    """

    def __init__(self, owner: Pass, turns: list[list[list[int]]], new: int) -> None:
        """Takes turns, of each stream of the pass those of all sequences, and runs none of them yet.

        - new: how many tokens may be added behind each turn.
        """
        self.owner, self.sequences = owner, len(turns[0])
        model = owner.model
        lengths = [
            len(prompt.rows) + len(turn) for prompt, own in zip(owner.prompts, turns, strict=True) for turn in own
        ]
        self.width = max(len(turn) for own in turns for turn in own)
        cached = [max(0, length - self.width) for length in lengths]
        columns = max(cached)
        self.capacity = columns + self.width + new
        inputs: list[Tensor] = []
        for prompt, own in zip(owner.prompts, turns, strict=True):
            for turn in own:
                rows = model.embed(turn)
                missing = self.width - len(turn)
                if missing:
                    tail = prompt.rows[-missing:].to(rows.dtype) if len(prompt.rows) else rows[:0]
                    nothing = rows.new_zeros(missing - len(tail), rows.shape[1])
                    rows = torch.cat([nothing, tail, rows])
                inputs.append(rows)
        self.inputs = torch.stack(inputs)
        self.lengths = torch.tensor(lengths, device=model.device)
        total = columns + self.width
        places = torch.arange(total, device=model.device)
        self.mask = (places >= total - self.lengths[:, None]).long()
        self.cache = DynamicCache()
        self.cache.layers = self._layers(cached, columns)

    def _layers(self, cached: list[int], columns: int) -> list[DynamicLayer]:
        layers: list[DynamicLayer] = []
        prompts = self.owner.prompts
        like = next((prompt.layers for prompt in prompts if prompt.layers), None)
        if like is None:
            return layers
        rows = len(prompts) * self.sequences
        for layer, (keys, values) in enumerate(like):
            reserved = [
                tensor.new_zeros(rows, tensor.shape[1], self.capacity, tensor.shape[3]) for tensor in (keys, values)
            ]
            row = 0
            for prompt in prompts:
                for _ in range(self.sequences):
                    count = cached[row]
                    if count:
                        for place, tensor in zip(reserved, prompt.layers[layer], strict=True):
                            place[row, :, columns - count : columns] = tensor[0, :, :count]
                    row += 1
            layers.append(ReservedLayer(*reserved, used=columns))
        return layers

    @property
    def _mask(self) -> Tensor | None:
        # Without a mask the fastest attention can be taken.
        return None if bool(self.mask.all()) else self.mask

    def run(self, kept: int = 1) -> Tensor:
        """Runs the turns; the logits `[streams, sequences, kept, vocabulary]` of each one's last positions."""
        first = self.lengths[:, None] - self.width
        positions = (first + torch.arange(self.width, device=first.device)).clamp(min=0)
        return self._logits(self.inputs, positions, kept)

    def step(self, tokens: list[int]) -> Tensor:
        """Adds a token to each sequence; the logits `[streams, sequences, 1, vocabulary]` behind it."""
        rows = self.owner.model.embed(tokens).repeat(len(self.owner.prompts), 1)[:, None]
        self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=1)
        positions = self.lengths[:, None]
        self.lengths = self.lengths + 1
        return self._logits(rows, positions, 1)

    def _logits(self, rows: Tensor, positions: Tensor, kept: int) -> Tensor:
        model = self.owner.model
        with model.varied(self.owner.variation):
            states = model.states(rows.to(model.dtype), self._mask, positions, self.cache)
            logits = model.logits(states[:, -kept:])
        if not all(isinstance(layer, ReservedLayer) for layer in self.cache.layers):
            self._reserve()
        return logits.view(len(self.owner.prompts), self.sequences, kept, -1)

    def _reserve(self) -> None:
        """Reserves the memory that a cache without prompts began without."""
        layers = self.cache.layers
        for place, layer in enumerate(layers):
            used = layer.get_seq_length()
            reserved = []
            for tensor in (layer.keys, layer.values):
                room = tensor.new_zeros(*tensor.shape[:2], max(self.capacity, used), tensor.shape[3])
                room[:, :, :used] = tensor
                reserved.append(room)
            layers[place] = ReservedLayer(*reserved, used=used)

    # Sequences that end, and others that begin

    def keep(self, sequences: list[int]) -> None:
        """Goes on with some sequences alone."""
        streams = len(self.owner.prompts)
        rows = [stream * self.sequences + sequence for stream in range(streams) for sequence in sequences]
        chosen = torch.tensor(rows, device=self.mask.device)
        self.mask, self.lengths = self.mask[chosen], self.lengths[chosen]
        for layer in self.cache.layers:
            place = chosen.to(layer.reserved_keys.device)
            layer.reserved_keys = layer.reserved_keys[place]
            layer.reserved_values = layer.reserved_values[place]
            layer._show()
        self.sequences = len(sequences)
        # Columns that no row needs any more.
        empty = int(self.mask.shape[1] - self.mask.sum(1).max())
        if empty:
            self.mask = self.mask[:, empty:]
            for layer in self.cache.layers:
                layer.reserved_keys = layer.reserved_keys[:, :, empty:]
                layer.reserved_values = layer.reserved_values[:, :, empty:]
                layer.used -= empty
                layer._show()

    def join(self, other: "Batch") -> None:
        """Takes another batch's sequences behind its own; both have run."""
        streams = len(self.owner.prompts)
        used = max(self.mask.shape[1], other.mask.shape[1])
        own_room = self.cache.layers[0].reserved_keys.shape[2] - self.mask.shape[1]
        other_room = other.cache.layers[0].reserved_keys.shape[2] - other.mask.shape[1]
        capacity = used + max(own_room, other_room)

        def joined(left: Tensor, right: Tensor) -> Tensor:
            parts = [
                part
                for stream in range(streams)
                for part in (
                    left[stream * self.sequences : (stream + 1) * self.sequences],
                    right[stream * other.sequences : (stream + 1) * other.sequences],
                )
            ]
            return torch.cat(parts)

        def moved(tensor: Tensor, filled: int, size: int) -> Tensor:
            result = tensor.new_zeros(*tensor.shape[:2], size, tensor.shape[3])
            result[:, :, used - filled : used] = tensor[:, :, :filled]
            return result

        for left, right in zip(self.cache.layers, other.cache.layers, strict=True):
            for name in ("reserved_keys", "reserved_values"):
                own = moved(getattr(left, name), left.used, capacity)
                theirs = moved(getattr(right, name), right.used, capacity)
                setattr(left, name, joined(own, theirs))
            left.used = used
            left._show()

        def shifted(mask: Tensor) -> Tensor:
            return torch.cat([mask.new_zeros(mask.shape[0], used - mask.shape[1]), mask], dim=1)

        self.mask = joined(shifted(self.mask), shifted(other.mask))
        self.lengths = joined(self.lengths, other.lengths)
        self.sequences += other.sequences
