"""Tensors as safetensors files in the folder that the driver shares with the worker."""

import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from .errors import WorkerError


class Exchange:
    """The folder that both sides write tensors into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str | None) -> dict[str, Tensor]:
        """The tensors of a file by their names; none where no file is named."""
        if name is None:
            return {}
        try:
            return load_file(self.folder / name)
        except Exception as error:
            raise WorkerError("protocol", f"{name}: its tensors can't be read: {error}") from error

    def remove(self) -> None:
        """Removes the folder, if it is one that a driver made for this."""
        if self.folder.name.startswith("antipode-worker-"):
            shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, name: str, tensors: dict[str, Tensor]) -> str:
        """Writes tensors in 32 bits; gives the file's name."""
        single = {key: value.detach().to("cpu", torch.float32).contiguous() for key, value in tensors.items()}
        save_file(single, self.folder / name)
        return name
