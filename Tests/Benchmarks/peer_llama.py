"""llama.cpp as a contender, through the C interface that llama-cpp-python binds.

    python peer_llama.py --model MODEL.gguf --threads 2

The batch interface is called directly: one call a pass, logits of the last token alone, and the argmax over the
logits where they lie, without a copy. It has no contrast of two streams and no gradients, so its works are two.
"""

import argparse
import ctypes
import time
from pathlib import Path

import llama_cpp
import numpy
import worker
from worker import Answer, Request


class LlamaPeer:
    """A model and one context of the model's full length, its key-value cache emptied before each request."""

    def __init__(self, path: Path, threads: int) -> None:
        model_settings = llama_cpp.llama_model_default_params()
        model_settings.n_gpu_layers = 0
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_settings)
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = settings.n_batch = llama_cpp.llama_model_n_ctx_train(self.model)
        settings.n_threads = settings.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))

    def prompt(self, request: Request) -> Answer:
        self._clear()
        start = time.perf_counter()
        token = self._feed(request["tokens"])
        return {"seconds": time.perf_counter() - start, "token": token}

    def decode(self, request: Request) -> Answer:
        self._clear()
        token, tokens = self._feed(request["prompt"]), []
        start = time.perf_counter()
        for _ in range(request["count"]):
            tokens.append(token)
            token = self._feed([token])
        return {"seconds": time.perf_counter() - start, "tokens": tokens}

    def _clear(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), False)

    def _feed(self, tokens: list[int]) -> int:
        """Runs tokens after those in the cache; the greedy token after the last. A batch of one sequence has logits
        of its last token only."""
        ids = (ctypes.c_int32 * len(tokens))(*tokens)
        status = llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(ids, len(tokens)))
        if status != 0:
            raise RuntimeError(f"llama_decode answered {status}")
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        return int(numpy.ctypeslib.as_array(logits, (self.vocabulary,)).argmax())


def main() -> None:
    output = worker.claim_output()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    llama_cpp.llama_backend_init()
    peer = LlamaPeer(options.model, options.threads)
    info = {
        "versions": {"llama-cpp-python": llama_cpp.__version__},
        "arithmetic": "8-bit activations, quantized weights as they are",
        "threads": options.threads,
        "system": llama_cpp.llama_print_system_info().decode(),
    }
    worker.serve(output, info, {"prompt": peer.prompt, "decode": peer.decode})


if __name__ == "__main__":
    main()
