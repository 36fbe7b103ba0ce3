"""Models of the Hugging Face hub, fetched into huggingface_hub's own cache."""

import threading
from pathlib import Path
from typing import Any

import huggingface_hub
from huggingface_hub import constants, errors

from .errors import WorkerError
from .protocol import Report

#: What a model is made of. Nothing that runs code when it is read, and no second copy in folders or in Mistral's form.
WANTED = ["*.safetensors", "*.json", "*.jinja", "*.model", "*.txt"]
UNWANTED = ["*/*", "consolidated*"]
#: Seconds between two reports of how far a fetch is.
PAUSE = 0.5


def fetch(name: str, revision: str | None, report: Report) -> dict[str, Any]:
    """The folder of a model at a revision, fetched as far as it is not there, and the commit that it is.

    Where the hub is out of reach, what an earlier fetch left whole is taken.
    """
    try:
        files = huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED, dry_run=True
        )
        if not any(file.filename.endswith(".safetensors") for file in files):
            raise WorkerError(
                "hub", f"{name}: it has no safetensors weights on the hub; take a model that has, or convert a copy"
            )
        with Told(name, sum(file.file_size for file in files), report):
            place = huggingface_hub.snapshot_download(
                name, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED
            )
        return {"path": place, "commit": Path(place).name, "isNew": any(file.will_download for file in files)}
    except WorkerError:
        raise
    except Exception as error:  # noqa: BLE001, whatever keeps the hub out of reach
        return kept(name, revision, error.__cause__ if isinstance(error, errors.DryRunError) else error)


def kept(name: str, revision: str | None, reason: BaseException | None) -> dict[str, Any]:
    """What an earlier fetch left whole; where there is nothing, the reason is said."""
    try:
        place = huggingface_hub.snapshot_download(
            name, revision=revision, allow_patterns=WANTED, ignore_patterns=UNWANTED, local_files_only=True
        )
    except Exception as error:  # noqa: BLE001, there is nothing whole
        raise WorkerError("hub", f"{name}: {told(name, revision, reason)}") from error
    return {"path": place, "commit": Path(place).name, "isNew": False}


def told(name: str, revision: str | None, reason: BaseException | None) -> str:
    """Why a model can't be had, and what to do."""
    match reason:
        case errors.GatedRepoError():
            return (
                f"its license must be agreed to first, on {constants.ENDPOINT}/{name}; then log in with "
                "`hf auth login`, or set HF_TOKEN"
            )
        case errors.RevisionNotFoundError():
            return f"the hub has no revision {revision} of it"
        case errors.RepositoryNotFoundError():
            return (
                "it is no folder here, and no model of the hub that you may read; look at the name, or log in with "
                "`hf auth login` where it is private"
            )
    words = " ".join((str(reason) or type(reason).__name__).split())
    return (
        f"it is no folder here, and the hub can't be reached ({constants.ENDPOINT}: {words[:200]}); where there is a "
        f"network, run `hf download {name} --local-dir FOLDER` and name that folder, or set HF_ENDPOINT to a mirror"
    )


class Told:
    """Tells how many bytes are there, meanwhile."""

    def __init__(self, name: str, total: int, report: Report) -> None:
        self.blobs = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}" / "blobs"
        self.total, self.report = total, report
        self.earlier = self.bytes
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._tell, daemon=True)

    @property
    def bytes(self) -> int:
        try:
            return sum(file.stat().st_size for file in self.blobs.iterdir())
        except OSError:
            return 0

    def _tell(self) -> None:
        while not self.ended.wait(PAUSE):
            self.report({"bytes": min(self.bytes, self.total), "total": self.total, "earlier": self.earlier})

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *arguments: object) -> None:
        self.ended.set()
        self.thread.join()
