"""Starts the worker: `python -m antipode_worker`."""

import contextlib
import os
import signal
import sys


def main() -> None:
    """Works until standard input ends."""
    # A group of its own: what the terminal sends to the driver's does not come here, and nothing of it outlives it.
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before torch is imported.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from .protocol import secured_output, serve

    output = secured_output()
    import torch

    # The same bytes on the same kind of machine, where torch can.
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = False
    torch.manual_seed(0)
    from .calls import Calls

    calls = Calls()
    serve(calls.handlers, sys.stdin, output, calls.end)


if __name__ == "__main__":
    main()
