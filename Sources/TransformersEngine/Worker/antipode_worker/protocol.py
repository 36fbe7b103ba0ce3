"""JSON Lines over standard input and output.

A request is `{"id": 3, "call": "answers", …}`; what it gives is any number of `{"id": 3, "event": {…}}` and at last
`{"id": 3, "result": {…}}` or `{"id": 3, "error": {"kind": …, "message": …}}`.
"""

import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, TextIO

from .errors import WorkerError

Message = dict[str, Any]
Report = Callable[[Message], None]
Handler = Callable[[Message, Report], Message]


def secured_output() -> TextIO:
    """Standard output as the protocol's own; what libraries print goes to standard error from now on."""
    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return own


def requests(source: TextIO, at_end: Callable[[], None]) -> "queue.Queue[str]":
    """The lines of standard input as they come. At its end the process ends, whatever it is doing: nobody is there."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in source:
            lines.put(line)
        at_end()
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def serve(handlers: dict[str, Handler], source: TextIO, output: TextIO, at_end: Callable[[], None]) -> None:
    """Works on requests one after the other, for ever; `at_end` is called when nobody asks any more."""

    def send(message: Message) -> None:
        output.write(json.dumps(message, separators=(",", ":"), allow_nan=False) + "\n")
        output.flush()

    lines = requests(source, at_end)
    while True:
        line = lines.get()
        identifier: Any = None
        try:
            request = json.loads(line)
            identifier = request.get("id")
            handler = handlers.get(request.get("call"))
            if handler is None:
                raise WorkerError("protocol", f"there is no call {request.get('call')!r}")
            # `serve` waits for the handler, so the identifier can't change under the report.
            result = handler(request, lambda event, place=identifier: send({"id": place, "event": event}))
            send({"id": identifier, "result": result})
        except BrokenPipeError:
            os._exit(0)
        except Exception as error:  # noqa: BLE001, one request's failure must not end the others
            traceback.print_exc(file=sys.stderr)
            send({"id": identifier, "error": described(error)})


def described(error: Exception) -> Message:
    """An error as the driver is told it."""
    import torch

    if isinstance(error, WorkerError):
        return {"kind": error.kind, "message": str(error)}
    # torch's own allocator says so with a plain RuntimeError.
    if isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error):
        return {"kind": "memory", "message": str(error).splitlines()[0] if str(error) else "no memory left"}
    return {"kind": "fault", "message": f"{type(error).__name__}: {error}"}
