"""The rules, row by row as their papers write them; the driver's own tests hold them to Swift's."""

import math

import pytest
import torch

from antipode_worker.randomness import Sampler, philox, uniform
from antipode_worker.rules import AgreementRule, DivergenceRule, LinearRule, SharedCandidatesRule, combine, ranks


def streams(count: int, seed: int = 1) -> torch.Tensor:
    torch.manual_seed(seed)
    return torch.randn(count, 6, 40) * 3


def test_linear() -> None:
    first, second, third = streams(3)
    found = LinearRule(1, (0.5, -0.5), 0, 0).combined(streams(3))
    assert torch.allclose(found, first + 0.5 * second - 0.5 * third)
    masked = LinearRule(1.5, (-0.5,), 0.1, 0).combined(streams(2))
    allowed = first >= first.amax(-1, keepdim=True) + math.log(0.1)
    assert torch.equal(masked > -math.inf, allowed)


def test_steps_end_the_contrast() -> None:
    logits = streams(2)
    found = combine(LinearRule(1, (-1,), 0, 2), logits, [0, 1, 2, 3, 0, 5])
    changed = LinearRule(1, (-1,), 0, 2).combined(logits)
    for row, step in enumerate([0, 1, 2, 3, 0, 5]):
        assert torch.equal(found[row], (changed if step < 2 else logits[0])[row])


def test_divergence() -> None:
    logits = streams(2)
    shares = logits.softmax(-1)
    distance = (shares[0] - shares[1]).abs().sum(-1) / 2
    expected = logits[0] - 0.8 * distance[:, None] * logits[1]
    assert torch.allclose(DivergenceRule(0.8, 0, 0).combined(logits), expected, atol=1e-5)


def test_shared_candidates() -> None:
    logits = streams(2)
    found = SharedCandidatesRule(2, 5, 0).combined(logits)
    shares = logits.double().softmax(-1)
    for row in range(6):
        orders = [logits[stream, row].sort(descending=True, stable=True).indices.tolist() for stream in (0, 1)]
        depth = next(k for k in range(1, 41) if len(set(orders[0][:k]) & set(orders[1][:k])) >= 5)
        chosen = set(orders[0][:depth]) & set(orders[1][:depth])
        assert {token for token in range(40) if found[row, token] > -math.inf} == chosen
        for token in chosen:
            weight = float(shares[0, row, token] + 2 * (shares[1, row, token] - shares[0, row, token]))
            assert float(found[row, token]) == pytest.approx(math.log(max(weight, 2**-126)), abs=1e-4)


def test_agreement_turns_the_sign() -> None:
    logits = streams(2)
    agreeing = torch.stack([logits[0], logits[0]])
    rule = AgreementRule(4.5, 0.9, 0, 0)
    assert torch.equal(rule.combined(agreeing), logits[0])
    found = rule.combined(logits)
    for row in range(6):
        plain, prompted = logits[0, row], logits[1, row]
        refusal = int(prompted.argmax())
        rank = 1 + int((plain > plain[refusal]).sum())
        agree = 1 / rank >= 0.9 and plain.softmax(0).max() >= 0.9 * prompted.softmax(0)[refusal]
        expected = prompted + (1 if agree else -1) * 4.5 * (prompted - plain)
        assert torch.allclose(found[row], expected, atol=1e-4)


def test_ties_go_to_the_lowest_id() -> None:
    logits = torch.zeros(1, 50)
    logits[0, [7, 31, 40]] = 2
    assert Sampler(0, 1, 0, 1).tokens(logits, [0], [0]) == [7]
    assert ranks(logits)[0, [7, 31, 40, 0]].tolist() == [0, 1, 2, 3]


def test_random_numbers_are_the_published_ones() -> None:
    # Random123's known answers for philox4x32-10.
    assert philox((0, 0, 0, 0), (0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)
    full = 0xFFFFFFFF
    assert philox((full,) * 4, (full,) * 2) == (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)
    assert 0 <= uniform(7, 1, 3, 2) < 1


def test_a_nucleus_is_drawn_from() -> None:
    logits = torch.tensor([[0.0, 5.0, 4.0, -9.0]])
    drawn = {Sampler(1, 0.99, 0, 1).tokens(logits, [sample], [0])[0] for sample in range(300)}
    assert drawn == {1, 2}
    assert {Sampler(1, 1, 1, 1).tokens(logits, [sample], [0])[0] for sample in range(50)} == {1}
