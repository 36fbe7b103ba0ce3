"""The calls of the protocol, by name."""

import os
import platform
from pathlib import Path
from typing import Any

import torch
import transformers

from . import PROTOCOL, VERSION, answers, hub, loading, methods, randomness, rules, scores, states, texts, training
from .errors import WorkerError
from .memory import Memory
from .model import Model
from .objective import Objective
from .protocol import Handler, Message, Report
from .pulling import Pulling
from .tensors import Exchange


class Calls:
    """What a driver may ask for, with the models and objectives that it asked for before."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.objectives: dict[tuple[Any, ...], Objective] = {}
        self.tokenizers: dict[str, texts.Texts] = {}
        #: The states that a gradient may be asked for.
        self.pulling: Pulling | None = None
        self.exchange = Exchange(Path("."))

    @property
    def handlers(self) -> dict[str, Handler]:
        return {
            "hello": self.hello,
            "load": self.load,
            "embed": self.embed,
            "spread": self.spread,
            "answers": self.answers,
            "steps": self.steps,
            "scores": self.scores,
            "logits": self.logits,
            "combine": self.combine,
            "value": self.value,
            "states": self.states,
            "promptStates": self.prompt_states,
            "promptGradient": self.prompt_gradient,
            "modules": self.modules,
            "adapterLoss": self.adapter_loss,
            "fetch": self.fetch,
            "tokenizer": self.tokenizer,
            "encode": self.encode,
            "decode": self.decode,
            "render": self.render,
        }

    def end(self) -> None:
        """Takes away what the driver would have: it may have been killed."""
        self.exchange.remove()

    def hello(self, request: Message, report: Report) -> Message:
        """The handshake: versions, threads, and the folder for tensors."""
        if request.get("protocol") != PROTOCOL:
            raise WorkerError(
                "protocol", f"the worker speaks version {PROTOCOL} of the protocol, not {request.get('protocol')}"
            )
        self.exchange = Exchange(Path(request["folder"]))
        if request.get("threads"):
            torch.set_num_threads(request["threads"])
        packages = {"torch": torch.__version__, "transformers": transformers.__version__}
        devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        return {
            "protocol": PROTOCOL,
            "version": VERSION,
            "packages": packages,
            "python": platform.python_version(),
            "devices": devices,
            "cuda": torch.version.cuda or "",
            "driver": driver() if devices else "",
        }

    def load(self, request: Message, report: Report) -> Message:
        """Loads a model, and tells what a driver needs to know of it."""
        model = loading.load(request)
        self.models[request["name"]] = model
        return loading.described(model)

    def _model(self, request: Message) -> Model:
        name = request["model"]
        if name not in self.models:
            raise WorkerError("protocol", f"no model {name} is loaded")
        return self.models[name]

    def _method(self, request: Message) -> methods.Method:
        return methods.method(request["method"], self.models, self.exchange.read(request.get("tensors")))

    def _memory(self, method: methods.Method) -> Memory:
        return Memory(method.passes[0].model.device)

    def embed(self, request: Message, report: Report) -> Message:
        rows = self._model(request).embed(request["tokens"])
        return {"tensors": self.exchange.write(request["into"], {"rows": rows})}

    def spread(self, request: Message, report: Report) -> Message:
        """The standard deviation of all values of the embedding table."""
        model = self._model(request)
        count, total, squares = 0, 0.0, 0.0
        for start in range(0, model.embedded, 1024):
            rows = model.embed(list(range(start, min(start + 1024, model.embedded)))).double()
            count += rows.numel()
            total += float(rows.sum())
            squares += float(rows.square().sum())
        return {"deviation": (squares / count - (total / count) ** 2) ** 0.5}

    def answers(self, request: Message, report: Report) -> Message:
        with torch.inference_mode():
            method = self._method(request)
        return answers.answers(method, request, self._memory(method), report)

    def steps(self, request: Message, report: Report) -> Message:
        with torch.inference_mode():
            method = self._method(request)
        return scores.steps(method, request)

    def scores(self, request: Message, report: Report) -> Message:
        with torch.inference_mode():
            method = self._method(request)
        return scores.scores(method, request, report)

    def logits(self, request: Message, report: Report) -> Message:
        with torch.inference_mode():
            method = self._method(request)
        found = scores.logits(method, request)
        return {"tensors": self.exchange.write(request["into"], {"logits": found})}

    def combine(self, request: Message, report: Report) -> Message:
        """What a rule makes of given logits, and the tokens that it chooses."""
        streams = self.exchange.read(request["tensors"])["streams"]
        found = rules.combine(rules.rule(request["rule"]), streams, request["steps"])
        tokens = randomness.Sampler(0, 1, 0, 0).tokens(found, request["steps"], request["steps"])
        return {"tensors": self.exchange.write(request["into"], {"logits": found}), "tokens": tokens}

    def value(self, request: Message, report: Report) -> Message:
        """Each term's sum of a soft prompt over some pairs, and the gradient where it is wanted."""
        key = (request["model"], tuple(request["before"]), tuple(request["after"]))
        if key not in self.objectives:
            self.objectives[key] = Objective(self._model(request), request["before"], request["after"])
        prompt = self.exchange.read(request["tensors"])["prompt"]
        found: dict[str, Any] = self.objectives[key].value(prompt, request["pairs"], request["wantsGradient"])
        gradient = found.pop("gradient")
        if gradient is not None:
            found["tensors"] = self.exchange.write(request["into"], {"gradient": gradient})
        return found

    def states(self, request: Message, report: Report) -> Message:
        model = self._model(request)
        found = states.hidden_states(model, request, self.exchange.read(request.get("tensors")))
        return {"tensors": self.exchange.write(request["into"], {"states": found})}

    def modules(self, request: Message, report: Report) -> Message:
        return {"sizes": training.sizes(self._model(request), request["names"])}

    def adapter_loss(self, request: Message, report: Report) -> Message:
        mean, gradients = training.loss(self._model(request), request, self.exchange.read(request["tensors"]))
        return {"mean": mean, "tensors": self.exchange.write(request["into"], gradients)}

    # The tuning of a prompt in hidden states

    def prompt_states(self, request: Message, report: Report) -> Message:
        """What the head reads at the last token of some turns behind a soft prompt."""
        prompt = self.exchange.read(request["tensors"])["prompt"]
        pulling = Pulling(self._model(request), request["before"], request["after"], prompt, request["turns"])
        found = pulling.states(wants_gradient=request["wantsGradient"])
        self.pulling = pulling if request["wantsGradient"] else None
        return {"tensors": self.exchange.write(request["into"], {"states": found})}

    def prompt_gradient(self, request: Message, report: Report) -> Message:
        """The gradient to the soft prompt, given that to the states which were asked for last."""
        if self.pulling is None:
            raise WorkerError("protocol", "no states were asked for whose gradient could be told")
        gradient = self.pulling.gradient(self.exchange.read(request["tensors"])["states"])
        self.pulling = None
        return {"tensors": self.exchange.write(request["into"], {"gradient": gradient})}

    # Texts, and the hub

    def fetch(self, request: Message, report: Report) -> Message:
        return hub.fetch(request["model"], request.get("revision"), report)

    def tokenizer(self, request: Message, report: Report) -> Message:
        """Reads a model's own tokenizer, and tells its vocabulary."""
        self.tokenizers[request["name"]] = texts.load(Path(request["path"]))
        return self.tokenizers[request["name"]].described()

    def _texts(self, request: Message) -> texts.Texts:
        name = request["tokenizer"]
        if name not in self.tokenizers:
            raise WorkerError("protocol", f"no tokenizer {name} is loaded")
        return self.tokenizers[name]

    def encode(self, request: Message, report: Report) -> Message:
        pieces = [texts.Piece(text, is_own) for text, is_own in request["pieces"]]
        return {"tokens": self._texts(request).encode(pieces, request["continuing"], request["withheld"])}

    def decode(self, request: Message, report: Report) -> Message:
        return {"text": self._texts(request).decode(request["tokens"], request["skipsSpecial"])}

    def render(self, request: Message, report: Report) -> Message:
        """What a chat template makes of a conversation."""
        text = self._texts(request).render(
            request["template"], request["messages"], request["variables"], request["day"]
        )
        return {"text": text}


def driver() -> str:
    """The version of the GPU's driver, where the system tells it."""
    try:
        return Path("/proc/driver/nvidia/version").read_text().splitlines()[0].strip()
    except OSError:
        return os.environ.get("NVIDIA_DRIVER_VERSION", "")
