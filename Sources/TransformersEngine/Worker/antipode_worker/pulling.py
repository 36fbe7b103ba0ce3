"""The states of turns behind a soft prompt, and the gradient to the prompt of whatever a driver makes of them."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from .errors import WorkerError
from .model import Model
from .objective import Objective


@dataclass
class Pulling:
    """A soft prompt with turns behind it; the states are kept until their gradient is told."""

    model: Model
    before: list[int]
    after: list[int]
    prompt: Tensor
    turns: list[list[int]]
    _soft: Tensor = field(init=False)
    _states: Tensor = field(init=False)

    def states(self, wants_gradient: bool) -> Tensor:
        """`[turns, width]`, behind the last norm, at each turn's last token."""
        model = self.model
        if not model.has_plain_head:
            raise WorkerError(
                "request",
                f"{type(model.network).__name__}: what its head reads is not known, so no prompt can be tuned in it; "
                'take "objective": "responses"',
            )
        objective = Objective(model, self.before, self.after)
        self._soft = self.prompt.detach().to(model.device, torch.float32).requires_grad_(wants_gradient)
        # A token behind each turn, so that the turn's last one is where it would be predicted.
        pairs = [{"turn": turn, "response": [0], "place": place} for place, turn in enumerate(self.turns)]
        rows = len(self.before) + len(self.prompt) + len(self.after)
        found: list[Tensor | None] = [None] * len(self.turns)
        with torch.set_grad_enabled(wants_gradient):
            prefix = objective.prefix(self._soft)
            for part in objective.parts(pairs):
                states = objective.states(part, prefix, rows)
                for row, pair in enumerate(part):
                    found[pair["place"]] = states[row, len(pair["turn"]) - 1].float()
            self._states = torch.stack([state for state in found if state is not None])
        return self._states

    def gradient(self, slopes: Tensor) -> Tensor:
        """The gradient `[P, d]` to the prompt, given that to the states."""
        self._states.backward(slopes.to(self._states))
        return self._soft.grad if self._soft.grad is not None else torch.zeros_like(self._soft)
