"""How much memory there is, and how much things need."""

import os
from pathlib import Path

import torch

from .errors import WorkerError
from .methods import Method


class Memory:
    """The memory of a device; what is planned leaves a part of it free."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    @property
    def free(self) -> int:
        """The bytes that are free."""
        if self.device.type == "cuda":
            return torch.cuda.mem_get_info(self.device)[0]
        try:
            for line in Path("/proc/meminfo").read_text().splitlines():
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
        except OSError:
            pass
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2

    def check(self, needed: int, what: str) -> None:
        """Refuses what does not fit, before it is begun."""
        free = self.free
        if needed > free:
            raise WorkerError(
                "memory",
                f"{what} needs about {gigabytes(needed)}, and {gigabytes(free)} of {self.device} are free; take a "
                'smaller dtype ("bfloat16") or quantization ("nf4"), or close other programs',
            )

    def sequences(self, method: Method, positions: int, most: int) -> int:
        """How many sequences of so many positions are run together: half of what is free, and at least one."""
        bytes_each = 0
        for owner in method.passes:
            for prompt in owner.prompts:
                # Growing a batch copies it, so twice.
                bytes_each += 2 * owner.model.cache_bytes * (positions + len(prompt.rows))
                bytes_each += 16 * owner.model.vocabulary
        return max(1, min(most, self.free // 2 // max(1, bytes_each)))


def gigabytes(count: int) -> str:
    """A number of bytes as a person says it."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
