"""PyTorch with transformers as a contender: the works of the benchmark as a careful researcher writes them.

    python peer_torch.py --model MODEL.gguf --dtype float32 --threads 2

SDPA attention, inference mode, a key-value cache, and the output head only where logits are needed.
"""

import argparse
import time
from pathlib import Path

import torch
import transformers
import worker
from worker import Answer, Request

PROBABILITY_FLOOR = 1e-6


class Batch:
    """Sequences decoded together: left-padded, so that each row's newest token stands in the last column.

    The padding tokens are computed and masked, as transformers does it. Without padding there is no mask at all,
    which lets SDPA take its fastest path.
    """

    def __init__(self, model: transformers.PreTrainedModel, rows: list[list[int]]) -> None:
        self.model = model
        self.cache = transformers.DynamicCache(config=model.config)
        longest = max(map(len, rows))
        self.ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
        padded = any(len(row) < longest for row in rows)
        self.mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows]) if padded else None
        self.lengths = torch.tensor([[len(row)] for row in rows])

    def prefill(self) -> torch.Tensor:
        """Runs the prompts; the logits `[rows, vocabulary]` of each one's last token."""
        positions = None if self.mask is None else (self.mask.cumsum(-1) - 1).clamp(min=0)
        return self._logits(self.ids, positions)

    def step(self, tokens: torch.Tensor) -> torch.Tensor:
        """Feeds one token to each row; the logits after it."""
        if self.mask is not None:
            self.mask = torch.cat([self.mask, torch.ones_like(self.mask[:, :1])], dim=-1)
        positions = self.lengths
        self.lengths = self.lengths + 1
        return self._logits(tokens[:, None], positions)

    def _logits(self, ids: torch.Tensor, positions: torch.Tensor | None) -> torch.Tensor:
        result = self.model(
            input_ids=ids, attention_mask=self.mask, position_ids=positions, past_key_values=self.cache,
            use_cache=True, logits_to_keep=1)
        return result.logits[:, -1]


def contrasted(logits: torch.Tensor, alpha: float) -> torch.Tensor:
    """The greedy tokens of Eq. 5; the first half of the rows is the stream S, the second half the stream A."""
    safe, adversarial = logits.float().chunk(2)
    return (safe - alpha * adversarial).argmax(-1)


class TorchPeer:
    """The works, each a request to an answer."""

    def __init__(self, path: Path, dtype: torch.dtype) -> None:
        self.model = transformers.AutoModelForCausalLM.from_pretrained(
            path.parent, gguf_file=path.name, dtype=dtype, attn_implementation="sdpa")
        self.model.eval().requires_grad_(False)

    @torch.inference_mode()
    def prompt(self, request: Request) -> Answer:
        ids = torch.tensor([request["tokens"]])
        start = time.perf_counter()
        logits = self.model(input_ids=ids, use_cache=True, logits_to_keep=1).logits
        token = int(logits[0, -1].argmax())
        return {"seconds": time.perf_counter() - start, "token": token}

    @torch.inference_mode()
    def decode(self, request: Request) -> Answer:
        batch = Batch(self.model, [request["prompt"]])
        token, tokens = batch.prefill().argmax(-1), []
        start = time.perf_counter()
        for _ in range(request["count"]):
            tokens.append(int(token))
            token = batch.step(token).argmax(-1)
        return {"seconds": time.perf_counter() - start, "tokens": tokens}

    @torch.inference_mode()
    def contrast(self, request: Request) -> Answer:
        batch, alpha = Batch(self.model, request["prompts"]), request["alpha"]
        token, tokens = contrasted(batch.prefill(), alpha), []
        start = time.perf_counter()
        for _ in range(request["count"]):
            tokens.append(int(token))
            token = contrasted(batch.step(token.repeat(2)), alpha)
        return {"seconds": time.perf_counter() - start, "tokens": tokens}

    @torch.inference_mode()
    def evaluate(self, request: Request) -> Answer:
        """All sequences of both streams as one batch, until every answer has ended or is `count` tokens long."""
        start = time.perf_counter()
        alpha, stop = request["alpha"], torch.tensor(request["stop"])
        batch = Batch(self.model, [prefix + turn for prefix in request["prefixes"] for turn in request["turns"]])
        columns = [contrasted(batch.prefill(), alpha)]
        ended = torch.isin(columns[0], stop)
        while len(columns) < request["count"] and not ended.all():
            columns.append(contrasted(batch.step(columns[-1].repeat(2)), alpha))
            ended |= torch.isin(columns[-1], stop)
        rows = torch.stack(columns, dim=1).tolist()
        stops = set(request["stop"])
        answers = [row[:next((place for place, token in enumerate(row) if token in stops), None)] for row in rows]
        return {"seconds": time.perf_counter() - start, "tokens": answers}

    def tune(self, request: Request) -> Answer:
        """Eq. 3 and its gradient to the soft prompt, as prompt tuning does it: the prompt stands in every row.

        The rows are right-padded: under the causal mask no token sees the padding behind it, so no other mask is
        needed. The head runs on the responses' positions alone.
        """
        start = time.perf_counter()
        prefix, pairs = request["prefix"], request["pairs"]
        embed = self.model.get_input_embeddings()
        soft_prompt = embed(torch.tensor(prefix["prompt"])).float().detach().requires_grad_()
        head, tail = len(prefix["before"]), len(prefix["before"]) + len(prefix["prompt"])
        rows = [prefix["before"] + prefix["prompt"] + prefix["after"] + pair["turn"] + pair["response"][:-1]
                for pair in pairs]
        longest = max(map(len, rows))
        embedded = embed(torch.tensor([row + [0] * (longest - len(row)) for row in rows]))
        shared = soft_prompt.to(embedded.dtype).expand(len(rows), -1, -1)
        inputs = torch.cat([embedded[:, :head], shared, embedded[:, tail:]], dim=1)

        hidden = self.model.model(inputs_embeds=inputs, use_cache=False).last_hidden_state
        places = [(index, place) for index, (row, pair) in enumerate(zip(rows, pairs))
                  for place in range(len(row) - len(pair["response"]), len(row))]
        at = torch.tensor(places).unbind(1)
        targets = torch.tensor([token for pair in pairs for token in pair["response"]])
        logits = self.model.lm_head(hidden[at]).float()
        log_probabilities = -torch.nn.functional.cross_entropy(logits, targets, reduction="none")

        categories = [pair["category"] for pair in pairs for _ in pair["response"]]
        loss = torch.zeros(())
        for category in dict.fromkeys(categories):
            chosen = log_probabilities[torch.tensor([name == category for name in categories])]
            if category == "answered":
                loss = loss - (-torch.expm1(chosen)).clamp(min=PROBABILITY_FLOOR).log().mean()
            else:
                loss = loss - chosen.mean()
        loss.backward()
        norm = float(soft_prompt.grad.norm())
        return {"seconds": time.perf_counter() - start, "loss": loss.item(), "gradientNorm": norm}


def main() -> None:
    output = worker.claim_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    transformers.utils.logging.disable_progress_bar()
    peer = TorchPeer(options.model, getattr(torch, options.dtype))
    info = {
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
        "arithmetic": options.dtype,
        "threads": torch.get_num_threads(),
        "processorCapability": torch.backends.cpu.get_cpu_capability(),
        "attention": peer.model.config._attn_implementation,
    }
    works = ("prompt", "decode", "contrast", "evaluate", "tune")
    worker.serve(output, info, {name: getattr(peer, name) for name in works})


if __name__ == "__main__":
    main()
