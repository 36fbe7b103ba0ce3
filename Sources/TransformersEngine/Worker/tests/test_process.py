"""The worker as a process, as a driver sees it."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkpoints import network

from antipode_worker import PROTOCOL

PLAIN = {
    "streams": [{"model": "m", "prompt": []}],
    "rule": {"kind": "linear", "own": 1, "factors": [], "plausibility": 0, "steps": 0},
}


class Driver:
    """A worker, and what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "antipode_worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder / "log").open("wb"), text=True,
        )  # fmt: skip
        self.folder, self.last = folder, 0

    def ask(self, call: str, **arguments: Any) -> dict[str, Any]:
        self.last += 1
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"id": self.last, "call": call, **arguments}) + "\n")
        self.process.stdin.flush()
        while True:
            reply = json.loads(self.process.stdout.readline())
            assert reply["id"] == self.last
            if "event" not in reply:
                return reply

    def hello(self) -> dict[str, Any]:
        return self.ask("hello", protocol=PROTOCOL, folder=str(self.folder), threads=1)

    def load(self, path: Path, **changes: Any) -> dict[str, Any]:
        return self.ask(
            "load", name="m", path=str(path), device="cpu", dtype="float32", folder=str(self.folder), **changes
        )


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    made = Driver(tmp_path)
    yield made
    made.process.kill()
    made.process.wait()


def test_the_handshake(driver: Driver) -> None:
    result = driver.hello()["result"]
    assert result["protocol"] == PROTOCOL and result["version"] == 1
    assert set(result["packages"]) == {"torch", "transformers"}
    refused = driver.ask("hello", protocol=PROTOCOL + 1, folder=".")["error"]
    assert refused["kind"] == "protocol" and f"not {PROTOCOL + 1}" in refused["message"]
    assert driver.ask("dance")["error"]["kind"] == "protocol"
    # It goes on.
    assert "result" in driver.hello()


def test_it_ends_with_its_input(driver: Driver, tmp_path: Path) -> None:
    driver.folder = tmp_path / "antipode-worker-1"
    driver.folder.mkdir()
    driver.hello()
    assert driver.process.stdin
    driver.process.stdin.close()
    assert driver.process.wait(30) == 0
    assert not driver.folder.exists() and tmp_path.exists()


def test_what_is_wrong_with_a_folder_is_said(driver: Driver, tmp_path: Path) -> None:
    driver.hello()
    good = tmp_path / "good"
    network("llama").save_pretrained(good, max_shard_size="60KB")
    assert driver.load(good)["result"]["layers"] == 2

    shard = sorted(good.glob("*.safetensors"))[-1]
    shard.rename(tmp_path / "away")
    found = driver.load(good)["error"]
    assert found["kind"] == "model" and str(good) in found["message"]
    (tmp_path / "away").rename(shard)

    configuration = json.loads((good / "config.json").read_text())
    for change in ({"num_hidden_layers": 3}, {"hidden_size": 64}, {"vocab_size": 500}, {"model_type": "dragon"}):
        (good / "config.json").write_text(json.dumps(configuration | change))
        found = driver.load(good)["error"]
        assert found["kind"] == "model" and str(good) in found["message"], change
    (good / "config.json").write_text("{")
    assert driver.load(good)["error"]["kind"] == "model"
    (good / "config.json").write_text(json.dumps(configuration))
    shard.write_bytes(shard.read_bytes()[:100])
    assert driver.load(good)["error"]["kind"] == "model"
    assert driver.load(tmp_path / "nowhere")["error"]["kind"] == "model"


def test_a_device_that_is_not_there(driver: Driver, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    driver.hello()
    found = driver.ask("load", name="m", path=".", device="cuda", dtype="float32", folder=".")["error"]
    assert found["kind"] == "model" and "no GPU" in found["message"]


def test_it_runs_out_of_memory_with_a_message(driver: Driver, tmp_path: Path) -> None:
    """What the system grants ends: the request fails with a message, and the next one is answered."""
    network("llama").save_pretrained(tmp_path / "model")
    driver.hello()
    driver.load(tmp_path / "model")
    request = {"method": PLAIN, "requests": [{"turns": [[5]], "continuation": [7] * 4000}]}
    assert "result" in driver.ask("scores", **request)
    pages = int(Path(f"/proc/{driver.process.pid}/statm").read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + (30 << 20)
    resource.prlimit(driver.process.pid, resource.RLIMIT_AS, (limit, limit))
    request["requests"][0]["continuation"] *= 4
    found = driver.ask("scores", **request)
    assert found.get("error", {}).get("kind") == "memory", found
    request["requests"][0]["continuation"] = [7, 8]
    assert "result" in driver.ask("scores", **request)


def test_a_busy_worker_ends_with_its_driver(driver: Driver, tmp_path: Path) -> None:
    network("llama").save_pretrained(tmp_path / "model")
    driver.hello()
    driver.load(tmp_path / "model")
    request = {
        "id": 99, "call": "answers", "method": PLAIN, "maximumTokens": 100000, "batchSize": 4, "stopTokens": [],
        "requests": [{"turns": [[5]], "sample": 0}],
        "sampling": {"temperature": 0, "topP": 1, "topK": 0, "seed": "1"},
    }  # fmt: skip
    assert driver.process.stdin and driver.process.stdout
    driver.process.stdin.write(json.dumps(request) + "\n")
    driver.process.stdin.flush()
    assert "event" in json.loads(driver.process.stdout.readline())
    start = time.monotonic()
    driver.process.stdin.close()
    driver.process.wait(60)
    assert time.monotonic() - start < 60
