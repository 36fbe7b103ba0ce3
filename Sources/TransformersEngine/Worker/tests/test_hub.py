"""Models of the hub, fetched from a server that answers as the hub does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from checkpoints import network, tokenizer
from hub_server import hashed, server

OFFLINE = "http://127.0.0.1:9"
#: What a worker does, without the rest of it. The library reads the environment when it is imported.
FETCH = """
import json, sys
from antipode_worker import errors, hub
try:
    found = hub.fetch(*json.loads(sys.argv[1]), lambda event: None)
except errors.WorkerError as error:
    found = {"error": str(error), "kind": error.kind}
print(json.dumps(found))
"""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    """A hub with one model, and with one that is not in safetensors."""
    folder = tmp_path / "hub/tiny/llama"
    network("llama").save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    (tmp_path / "hub/tiny/pickled").mkdir()
    (tmp_path / "hub/tiny/pickled/config.json").write_text("{}")
    made = server(tmp_path / "hub")
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def fetched(endpoint: str, cache: Path, model: str = "tiny/llama", revision: str | None = None) -> dict[str, Any]:
    """What a process of its own finds."""
    changes = {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache), "HF_HUB_DISABLE_XET": "1"}
    outcome = subprocess.run(
        [sys.executable, "-c", FETCH, json.dumps([model, revision])],
        env={**os.environ, **changes}, stdout=subprocess.PIPE, text=True, check=True,
    )  # fmt: skip
    return json.loads(outcome.stdout)


def test_a_model_is_fetched_and_kept(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    cache, endpoint, folder = tmp_path / "cache", f"http://127.0.0.1:{hub.server_port}", tmp_path / "hub/tiny/llama"
    cache.mkdir()
    found = fetched(endpoint, cache)
    assert found["commit"] == hashed(folder) and found["isNew"]
    place = Path(found["path"])
    assert cache in place.parents
    for file in folder.iterdir():
        assert (place / file.name).read_bytes() == file.read_bytes()
    again = fetched(endpoint, cache, revision=found["commit"])
    assert again == {**found, "isNew": False}
    # Out of reach: what is there is taken.
    assert fetched(OFFLINE, cache) == {**found, "isNew": False}


def test_what_can_not_be_had_is_said(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    cache, endpoint = tmp_path / "cache", f"http://127.0.0.1:{hub.server_port}"
    cache.mkdir()

    def error(endpoint: str, model: str, **changes: Any) -> str:
        found = fetched(endpoint, cache, model, **changes)
        assert found["kind"] == "hub"
        return found["error"]

    away = error(OFFLINE, "tiny/llama")
    assert "hf download tiny/llama" in away and "HF_ENDPOINT" in away and OFFLINE in away
    assert "no model of the hub" in error(endpoint, "tiny/nothing")
    assert "no revision other" in error(endpoint, "tiny/llama", revision="other")
    assert "no safetensors" in error(endpoint, "tiny/pickled")
