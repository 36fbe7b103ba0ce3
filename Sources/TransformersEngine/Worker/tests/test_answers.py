"""Batched answers against each sequence by itself, without a cache."""

import random
from collections.abc import Callable

import pytest
import torch
from checkpoints import FAMILIES, VOCABULARY

from antipode_worker import answers, scores
from antipode_worker.memory import Memory
from antipode_worker.methods import Method, method
from antipode_worker.model import Model

Models = Callable[[str], Model]
PREFIXES = [[5, 9, 20, 33, 7, 11, 80, 91, 14], [8, 3, 60]]
STOP = 4


def described(alpha: float = 0.4, prefixes: list[list[int]] = PREFIXES) -> dict:
    streams = [{"model": "m", "prompt": [{"tokens": prefix}]} for prefix in prefixes]
    factors = [-alpha] * (len(prefixes) - 1)
    return {"streams": streams, "rule": {"kind": "linear", "own": 1, "factors": factors, "plausibility": 0, "steps": 0}}


def turns(count: int) -> list[list[int]]:
    source = random.Random(3)
    return [[source.randrange(5, VOCABULARY) for _ in range(source.choice([1, 2, 5, 12]))] for _ in range(count)]


def plain(model: Model, text: list[int]) -> torch.Tensor:
    """The logits at every position of a text, by the whole model."""
    with torch.no_grad():
        return model.network(input_ids=torch.tensor([text]), use_cache=False).logits[0].float()


def expected(model: Model, turn: list[int], most: int, alpha: float = 0.4) -> tuple[list[int], bool]:
    tokens: list[int] = []
    while len(tokens) < most:
        first, second = (plain(model, prefix + turn + tokens)[-1] for prefix in PREFIXES)
        token = int((first - alpha * second).argmax())
        if token == STOP:
            return tokens, True
        tokens.append(token)
    return tokens, False


def asked(made: Method, inputs: list[list[int]], most: int, batch: int, **sampling: float) -> dict[int, tuple]:
    found: dict[int, list[int]] = {place: [] for place in range(len(inputs))}
    ended: dict[int, bool] = {}

    def report(event: dict) -> None:
        for request, token in event["tokens"]:
            assert request not in ended
            found[request].append(token)
        ended.update(event["ended"])

    request = {
        "requests": [{"turns": [turn], "sample": place} for place, turn in enumerate(inputs)],
        "sampling": {"temperature": 0, "topP": 1, "topK": 0, "seed": "7", **sampling},
        "maximumTokens": most,
        "batchSize": batch,
        "stopTokens": [STOP],
    }
    answers.answers(made, request, Memory(torch.device("cpu")), report)
    return {place: (found[place], ended[place]) for place in found}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("batch", [1, 3, 8])
def test_answers_are_those_of_each_sequence_alone(model: Models, name: str, batch: int) -> None:
    own, inputs = model(name), turns(6)
    made = method(described(), {"m": own}, {})
    assert asked(made, inputs, 6, batch) == {place: expected(own, turn, 6) for place, turn in enumerate(inputs)}


def test_a_stream_without_a_prompt(model: Models) -> None:
    own, inputs = model("llama"), turns(5)
    made = method(described(prefixes=[[]]), {"m": own}, {})
    found = asked(made, inputs, 4, 2)
    for place, turn in enumerate(inputs):
        text = list(turn)
        for token in found[place][0]:
            assert int(plain(own, text)[-1].argmax()) == token
            text.append(token)


def test_drawn_answers_do_not_depend_on_the_batch(model: Models) -> None:
    made = method(described(), {"m": model("llama")}, {})
    options = {"temperature": 1.5, "topP": 0.9, "topK": 40}
    found = asked(made, turns(7), 6, 7, **options)
    assert found == asked(made, turns(7), 6, 2, **options)
    assert found != asked(made, turns(7), 6, 7)


@pytest.mark.parametrize("name", FAMILIES)
def test_scores_are_those_of_each_continuation_alone(model: Models, name: str) -> None:
    own, inputs = model(name), turns(5)
    texts = [[9, 30, 5][: 1 + place % 3] for place in range(5)]
    made = method({**described(), "hasReference": True} | {"streams": described()["streams"] * 2}, {"m": own}, {})
    # The rule sees the first three streams of four.
    made.rule = method(described(prefixes=PREFIXES + PREFIXES[:1]), {"m": own}, {}).rule
    request = {"requests": [{"turns": [turn], "continuation": text} for turn, text in zip(inputs, texts, strict=True)]}
    done: list[int] = []
    found = scores.scores(made, request, lambda event: done.append(event["done"]))["scores"]
    assert done[-1] == 5
    for turn, text, score in zip(inputs, texts, found, strict=True):
        logits = [plain(own, prefix + turn + text)[-len(text) - 1 : -1].double() for prefix in PREFIXES]
        combined = (logits[0] - 0.4 * logits[1] - 0.4 * logits[0]).log_softmax(-1)
        held = combined.gather(-1, torch.tensor(text)[:, None]).squeeze(-1)
        assert torch.allclose(torch.tensor(score["logProbabilities"]).double(), held, atol=1e-4)
        other = logits[1].log_softmax(-1)
        divergence = (combined.exp() * (combined - other)).sum(-1)
        assert torch.allclose(torch.tensor(score["divergences"]).double(), divergence, atol=1e-4)


def test_steps_agree_with_scores(model: Models) -> None:
    made, tokens = method(described(), {"m": model("llama")}, {}), [9, 30, 5]
    found = scores.steps(made, {"answers": [{"turns": [[7, 8]], "tokens": tokens}]})["steps"][0]
    scored = scores.scores(made, {"requests": [{"turns": [[7, 8]], "continuation": tokens}]}, lambda event: None)
    logs = torch.tensor([step["probability"] for step in found]).log()
    assert torch.allclose(logs, torch.tensor(scored["scores"][0]["logProbabilities"]), atol=1e-5)
    assert [step["token"] for step in found] == tokens
