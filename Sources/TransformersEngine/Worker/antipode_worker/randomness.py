"""The random numbers and the sampler of the native engine, so that both draw the same tokens from the same logits."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

#: The purpose of a drawn token, as the native engine numbers them.
SAMPLING = 1
#: Tokens that are this much less likely than the likeliest are never drawn.
NEGLIGIBLE = 1e-12


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32 with 10 rounds (Salmon et al., SC 2011)."""
    mask = 0xFFFFFFFF
    (a, b, c, d), (first_key, second_key) = counter, key
    for _ in range(10):
        first, second = a * 0xD2511F53, c * 0xCD9E8D57
        a, b, c, d = (second >> 32) ^ b ^ first_key, second & mask, (first >> 32) ^ d ^ second_key, first & mask
        first_key, second_key = (first_key + 0x9E3779B9) & mask, (second_key + 0xBB67AE85) & mask
    return a, b, c, d


def uniform(seed: int, purpose: int, sample: int, step: int) -> float:
    """The first number in `0 ..< 1` of the stream of a purpose, sample and step."""
    mask = 0xFFFFFFFF
    block = philox((0, purpose & mask, sample & mask, step & mask), (seed & mask, (seed >> 32) & mask))
    return ((block[0] | block[1] << 32) >> 11) * 2.0**-53


@dataclass(frozen=True)
class Sampler:
    """How a token is chosen from logits: greedy at temperature 0, else from the nucleus."""

    temperature: float
    top_p: float
    top_k: int
    seed: int

    def tokens(self, logits: Tensor, samples: list[int], steps: list[int]) -> list[int]:
        """The token of each row of logits `[rows, vocabulary]`; the lowest id where several are largest."""
        if self.temperature <= 0:
            return logits.argmax(-1).tolist()
        return [self._draw(row, sample, step) for row, sample, step in zip(logits, samples, steps, strict=True)]

    def _draw(self, logits: Tensor, sample: int, step: int) -> int:
        largest = logits.max()
        threshold = largest + torch.tensor(self.temperature * math.log(NEGLIGIBLE), dtype=torch.float32).to(largest)
        tokens = torch.nonzero(logits >= threshold).squeeze(-1)
        weights = ((logits[tokens] - largest).double() / self.temperature).exp()
        # Stable: equal weights stay in the order of their ids.
        weights, order = weights.sort(descending=True, stable=True)
        tokens = tokens[order]
        if 0 < self.top_k < len(tokens):
            tokens, weights = tokens[: self.top_k], weights[: self.top_k]
        sums = weights.cumsum(0)
        if self.top_p < 1:
            kept = int((sums < self.top_p * sums[-1]).sum()) + 1
            tokens, sums = tokens[:kept], sums[:kept]
        point = uniform(self.seed, SAMPLING, sample, step) * float(sums[-1])
        place = min(int((sums <= point).sum()), len(tokens) - 1)
        return int(tokens[place])
