"""The rules that combine the logits of a method's streams, as the native engine has them."""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

INFINITY = float("inf")
LEAST_NORMAL = torch.finfo(torch.float32).tiny
#: Tokens below this log-probability in both streams add nothing to their distance.
NEGLIGIBLE = -23.0


class Rule(Protocol):
    """How the streams' logits become the logits that a token is chosen from."""

    #: How many tokens of an answer are chosen so, before the first stream goes on alone; 0 for all.
    steps: int

    def combined(self, streams: Tensor) -> Tensor:
        """The combined logits `[rows, vocabulary]` of `[streams, rows, vocabulary]`; −∞ for what is barred."""


def combine(rule: Rule, streams: Tensor, steps: list[int]) -> Tensor:
    """The logits that tokens are chosen from.

    - streams: `[streams, rows, vocabulary]`.
    - steps: how many tokens each row's answer has already.
    """
    if streams.shape[0] == 1:
        return streams[0]
    if rule.steps == 0:
        return rule.combined(streams)
    active = torch.tensor([step < rule.steps for step in steps], device=streams.device)
    if not active.any():
        return streams[0]
    return torch.where(active[:, None], rule.combined(streams), streams[0])


def single(value: float) -> float:
    """A number rounded to 32 bits."""
    return float(torch.tensor(value, dtype=torch.float32))


def threshold(first: Tensor, share: float) -> Tensor:
    """What the first stream's logits must reach to be plausible, `[rows, 1]`: Li et al., arXiv 2210.15097."""
    return first.amax(-1, keepdim=True) + single(math.log(share))


@dataclass(frozen=True)
class LinearRule:
    """`own · z₁ + Σ factors · z` of the other streams, over what the first stream holds plausible."""

    own: float
    factors: tuple[float, ...]
    plausibility: float
    steps: int

    def combined(self, streams: Tensor) -> Tensor:
        first = streams[0]
        result = first * self.own if self.own != 1 else first
        for factor, other in zip(self.factors, streams[1:], strict=True):
            if factor != 0:
                result = result + factor * other
        if self.plausibility > 0:
            result = result.masked_fill(first < threshold(first, self.plausibility), -INFINITY)
        return result


@dataclass(frozen=True)
class DivergenceRule:
    """`z₁ − α · d · z₂`, d the total variation distance of the streams' distributions."""

    alpha: float
    plausibility: float
    steps: int

    def combined(self, streams: Tensor) -> Tensor:
        logs = streams.double().log_softmax(-1)
        differences = (logs[0].exp() - logs[1].exp()).abs()
        differences = differences.masked_fill(torch.maximum(logs[0], logs[1]) <= NEGLIGIBLE, 0)
        distance = (differences.sum(-1, keepdim=True) / 2).clamp(max=1)
        first = streams[0]
        result = first + (-self.alpha * distance).float() * streams[1]
        if self.plausibility > 0:
            result = result.masked_fill(first < threshold(first, self.plausibility), -INFINITY)
        return result


@dataclass(frozen=True)
class AgreementRule:
    """AdaCD (Qi et al., arXiv 2604.17132): `z* ± α · (z* − z)` as the streams agree, z* under the refusal prompt."""

    alpha: float
    agreement: float
    plausibility: float
    steps: int

    def combined(self, streams: Tensor) -> Tensor:
        plain, prompted = streams[0], streams[1]
        refusal = prompted.argmax(-1, keepdim=True)
        level = plain.gather(-1, refusal)
        ids = torch.arange(plain.shape[-1], device=plain.device)
        ahead = (plain > level) | ((plain == level) & (ids < refusal))
        rank = 1 + ahead.sum(-1, keepdim=True)
        own = plain.double().log_softmax(-1).amax(-1, keepdim=True).exp()
        sure = prompted.double().log_softmax(-1).gather(-1, refusal).exp()
        agree = (1 / rank.double() >= self.agreement) & (own >= self.agreement * sure)
        sign = torch.where(agree, 1.0, -1.0).double()
        added = prompted.double() + sign * self.alpha * (prompted.double() - plain.double())
        result = added.float()
        if self.plausibility > 0:
            result = result.masked_fill(plain < threshold(plain, self.plausibility), -INFINITY)
        return result


@dataclass(frozen=True)
class SharedCandidatesRule:
    """SafeDecoding (Xu et al., arXiv 2402.08983): `p = p_base + α · (p_expert − p_base)` over shared candidates."""

    alpha: float
    candidates: int
    steps: int

    def combined(self, streams: Tensor) -> Tensor:
        depths = torch.maximum(ranks(streams[0]), ranks(streams[1]))
        wanted = min(self.candidates, depths.shape[-1])
        # The least depth at which that many tokens are among both streams' likeliest.
        depth = depths.sort(-1).values[:, wanted - 1 : wanted]
        probabilities = streams.double().log_softmax(-1).exp()
        weights = probabilities[0] + self.alpha * (probabilities[1] - probabilities[0])
        logs = weights.clamp(min=LEAST_NORMAL).log().float()
        return logs.masked_fill(depths > depth, -INFINITY)


def ranks(logits: Tensor) -> Tensor:
    """Each token's place among the likeliest, `[rows, vocabulary]`, from 0; lower ids first among equals."""
    order = logits.sort(dim=-1, descending=True, stable=True).indices
    places = torch.arange(logits.shape[-1], device=logits.device).expand_as(order)
    return torch.empty_like(order).scatter_(-1, order, places)


def rule(description: dict[str, Any]) -> Rule:
    """The rule that a driver describes."""
    values = dict(description)
    kind = values.pop("kind")
    if kind == "linear":
        factors = tuple(single(factor) for factor in values.pop("factors"))
        return LinearRule(own=single(values.pop("own")), factors=factors, **values)
    kinds = {"divergence": DivergenceRule, "agreement": AgreementRule, "sharedCandidates": SharedCandidatesRule}
    return kinds[kind](**values)
