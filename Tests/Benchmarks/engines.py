"""The second engine's worker beside what a researcher would write with the same packages, in one process, on one model.

    python engines.py --model MODEL.gguf --threads 2

A tuning step: PEFT's prompt tuning, with the prompt in every row, against the prompt run once. 100 contrastive answers:
`generate` with a logits processor that runs the other stream behind its own cache, against both streams as rows of one
batch. The works are interleaved and the best time of each counts. Prints a table, and whether both agree. On a machine
that others use too, `--busy` compares the processor's own time (of one thread: two wait for each other in it).
"""

import argparse
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import peft
import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Sources/TransformersEngine/Worker"))

from antipode_worker import answers, loading, methods  # noqa: E402
from antipode_worker.memory import Memory  # noqa: E402
from antipode_worker.model import Model  # noqa: E402
from antipode_worker.objective import FLOOR, Objective  # noqa: E402

ALPHA, ROWS, PAD = 0.4, 30, 2


def timed(work: Callable[[], object]) -> tuple[tuple[float, float], object]:
    """Seconds that passed, and seconds of all threads together."""
    start, busy = time.perf_counter(), time.process_time()
    result = work()
    return (time.perf_counter() - start, time.process_time() - busy), result


def pairs(source: random.Random, vocabulary: int, count: int) -> list[dict]:
    """Pairs of the three sets, as long as those of a real anchor set are: 20 to 40 tokens, and answers up to 40."""
    made = []
    for place in range(count):
        term = place % 3
        made.append(
            {
                "turn": [source.randrange(100, vocabulary) for _ in range(source.randrange(20, 40))],
                "response": [source.randrange(100, vocabulary) for _ in range(source.randrange(10, 40))],
                "term": str(term), "isUnlikelihood": term == 1, "isDivergence": False,
            }
        )  # fmt: skip
    tokens = {term: sum(len(pair["response"]) for pair in made if pair["term"] == term) for term in "012"}
    for pair in made:
        pair["share"] = 1 / tokens[pair["term"]]
    return made


def plain_step(model: Model, prompt: torch.Tensor, made: list[dict]) -> Callable[[], tuple[float, torch.Tensor]]:
    """PEFT's prompt tuning: a padded batch, logits everywhere, the loss from those of the responses."""
    configuration = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=ROWS)
    tuned = peft.get_peft_model(model.network, configuration)
    embedding = tuned.prompt_encoder["default"].embedding
    embedding.weight.data.copy_(prompt)
    longest = max(len(pair["turn"]) + len(pair["response"]) for pair in made)
    texts = [pair["turn"] + pair["response"] for pair in made]
    ids = torch.tensor([text + [PAD] * (longest - len(text)) for text in texts])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in texts])

    def step() -> tuple[float, torch.Tensor]:
        embedding.weight.grad = None
        logits = tuned(input_ids=ids, attention_mask=mask).logits.float()
        logs = logits[:, ROWS:-1].log_softmax(-1).gather(-1, ids[:, 1:, None]).squeeze(-1)
        loss = torch.zeros(())
        for term in "012":
            held = torch.cat(
                [
                    logs[row, len(pair["turn"]) - 1 : len(pair["turn"]) + len(pair["response"]) - 1]
                    for row, pair in enumerate(made)
                    if pair["term"] == term
                ]
            )
            loss = loss + ((-(1 - held.exp()).clamp(min=FLOOR).log()) if term == "1" else -held).mean()
        loss.backward()
        return float(loss.detach()), embedding.weight.grad.clone()

    return step


def own_step(model: Model, prompt: torch.Tensor, made: list[dict]) -> Callable[[], tuple[float, torch.Tensor]]:
    objective = Objective(model, [], [])

    def step() -> tuple[float, torch.Tensor]:
        found = objective.value(prompt, made, True)
        return whole(found["sums"], made), found["gradient"]

    return step


def whole(sums: dict[str, float], made: list[dict]) -> float:
    shares = {pair["term"]: pair["share"] for pair in made}
    return sum(value * shares[term] for term, value in sums.items())


class OtherStream(transformers.LogitsProcessor):
    """Takes α times the logits of the other prompt's stream away; keeps that stream's cache."""

    def __init__(self, network: transformers.PreTrainedModel, ids: torch.Tensor, mask: torch.Tensor) -> None:
        self.network, self.ids, self.mask, self.cache = network, ids, mask, transformers.DynamicCache()

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        new = self.ids if self.cache.get_seq_length() == 0 else input_ids[:, -1:]
        if new.shape[1] == 1:
            self.mask = torch.cat([self.mask, torch.ones_like(new)], dim=1)
        positions = (self.mask.cumsum(-1) - 1).clamp(min=0)[:, -new.shape[1] :]
        logits = self.network(
            input_ids=new, attention_mask=self.mask, position_ids=positions, past_key_values=self.cache,
            use_cache=True, logits_to_keep=1,
        ).logits[:, -1]  # fmt: skip
        return scores - ALPHA * logits


def plain_answers(
    model: Model, prefixes: list[list[int]], turns: list[list[int]], most: int, batch: int, stop: int
) -> list[list[int]]:
    found: list[list[int]] = []
    for start in range(0, len(turns), batch):
        part = turns[start : start + batch]

        def padded(prefix: list[int], part: list[list[int]] = part) -> tuple[torch.Tensor, torch.Tensor]:
            texts = [prefix + turn for turn in part]
            longest = max(map(len, texts))
            ids = torch.tensor([[PAD] * (longest - len(text)) + text for text in texts])
            return ids, torch.tensor([[0] * (longest - len(text)) + [1] * len(text) for text in texts])

        (ids, mask), (other, other_mask) = padded(prefixes[0]), padded(prefixes[1])
        result = model.network.generate(
            input_ids=ids, attention_mask=mask, max_new_tokens=most, do_sample=False, eos_token_id=stop,
            pad_token_id=PAD, logits_processor=[OtherStream(model.network, other, other_mask)],
        )  # fmt: skip
        for row in result[:, ids.shape[1] :].tolist():
            found.append(row[: row.index(stop)] if stop in row else row)
    return found


def own_answers(
    model: Model, prefixes: list[list[int]], turns: list[list[int]], most: int, batch: int, stop: int
) -> list[list[int]]:
    described = {
        "streams": [{"model": "m", "prompt": [{"tokens": prefix}]} for prefix in prefixes],
        "rule": {"kind": "linear", "own": 1, "factors": [-ALPHA], "plausibility": 0, "steps": 0},
    }
    found: list[list[int]] = [[] for _ in turns]

    def report(event: dict) -> None:
        for request, token in event["tokens"]:
            found[request].append(token)

    with torch.inference_mode():
        made = methods.method(described, {"m": model}, {})
    request = {
        "requests": [{"turns": [turn], "sample": place} for place, turn in enumerate(turns)],
        "sampling": {"temperature": 0, "topP": 1, "topK": 0, "seed": "1"}, "maximumTokens": most,
        "batchSize": batch, "stopTokens": [stop],
    }  # fmt: skip
    answers.answers(made, request, Memory(model.device), report)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--answers", type=int, default=100)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = loading.load({"path": options.model, "device": "cpu", "dtype": "float32"})
    file = Path(options.model)
    tokenizer = transformers.AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
    prompts = json.loads((ROOT / "Anchors/system-prompts.json").read_text())
    lines = (ROOT / "Anchors/harmless.jsonl").read_text().splitlines()[: options.answers]
    turns = [
        tokenizer.encode(f"<|im_start|>user\n{json.loads(line)['instruction']}<|im_end|>\n<|im_start|>assistant\n")
        for line in lines
    ]
    prefixes = [
        tokenizer.encode(f"<|im_start|>system\n{prompts[name]}<|im_end|>\n") for name in ("safe", "opposite")
    ]
    made = pairs(random.Random(1), model.vocabulary, 24)
    prompt = model.embed(list(range(100, 100 + ROWS))).clone()

    works = {
        "a tuning step": (plain_step(model, prompt, made), own_step(model, prompt, made)),
        f"{options.answers} contrastive answers": tuple(
            lambda work=work: work(model, prefixes, turns, options.tokens, 64, stop)
            for work in (plain_answers, own_answers)
        ),
    }
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {options.threads} threads", end="")
    print(", processor time\n" if options.busy else "\n")
    print("| work | as a researcher writes it | the worker | times faster | agree |\n|---|---|---|---|---|")
    for name, both in works.items():
        best, results = [float("inf")] * 2, [None, None]
        for _ in range(options.rounds):
            for place, work in enumerate(both):
                seconds, results[place] = timed(work)
                best[place] = min(best[place], seconds[options.busy])
        if "step" in name:
            (loss, gradient), (own, found) = results
            share = float((gradient - found).abs().max() / gradient.abs().max())
            agree = f"loss to {abs(loss - own):.1e}, gradient to {share:.1e} of its largest number"
        else:
            agree = f"{sum(left == right for left, right in zip(*results, strict=True))} of {len(turns)} answers"
        print(f"| {name} | {best[0]:.2f} s | {best[1]:.2f} s | {best[0] / best[1]:.1f} | {agree} |", flush=True)


if __name__ == "__main__":
    main()
