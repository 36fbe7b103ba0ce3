"""The worker's side of the protocol: a request a line on standard input, an answer a line on standard output, in JSON."""

import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

Request = dict[str, Any]
Answer = dict[str, Any]


def claim_output() -> int:
    """Takes standard output for the answers alone: what libraries print, in C too, goes to standard error."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def peak_bytes() -> int:
    """The most memory that this process ever held resident."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE).group(1)) * 1024


def serve(output: int, info: Answer, works: dict[str, Callable[[Request], Answer]]) -> None:
    """Answers requests until the input ends; a request that fails is answered with its error.

    Loading a checkpoint can take more memory than working with it, so the peak so far is told apart (`loadBytes`).
    """
    loaded = peak_bytes()
    handlers = works | {
        "info": lambda _: info | {"works": sorted(works)},
        "memory": lambda _: {"bytes": peak_bytes(), "loadBytes": loaded},
    }
    with os.fdopen(output, "w", buffering=1) as answers:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = handlers[request["work"]](request)
            except Exception as error:
                traceback.print_exc()
                answer = {"error": f"{type(error).__name__}: {error}"}
            answers.write(json.dumps(answer) + "\n")
