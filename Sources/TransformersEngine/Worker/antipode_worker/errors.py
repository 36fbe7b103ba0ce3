"""What keeps the worker from its work."""

from typing import Literal

Kind = Literal["request", "model", "hub", "memory", "protocol", "fault"]


class WorkerError(Exception):
    """An error with a message for the user; its kind tells the driver what sort of trouble it is."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind
