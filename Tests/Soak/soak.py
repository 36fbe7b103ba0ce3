#!/usr/bin/env python3
"""What takes too long for every commit: kills, full disks, clocks, threads and builds. Run by `make soak`.

Usage: soak.py [--kills N] [--seed N] [--only kills,disk,readers,clock,threads,release]. Every check says what it did; one that this machine
does not allow says so aloud. Exit status 0: all that ran held.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ABLATE = ROOT / ".build/debug/ablate"


def write_manifest(folder):
    """A small experiment that passes through every kind of stage."""
    for kind in ("harmful", "harmless"):
        lines = (ROOT / f"Anchors/held-out-{kind}.jsonl").read_text().splitlines()[:12]
        (folder / f"{kind}.jsonl").write_text("\n".join(lines) + "\n")
    told = [
        {"id": f"t{n}", "instruction": f"What is {n} and 1?", "reference": f"It is {n + 1}.", "correct": [f"It is {n + 1}."],
         "incorrect": ["It is seven."]} for n in range(6)
    ]
    (folder / "told.jsonl").write_text("".join(json.dumps(row) + "\n" for row in told))
    manifest = {
        "name": "soak", "anchors": {"size": 12, "maximumTokens": 8},
        "tuning": {"initialization": {"kind": "text", "length": 8}, "steps": 12, "pairsPerStep": 6, "validationEvery": 4},
        "adapter": {"rank": 2, "steps": 12, "examplesPerStep": 2}, "decoding": {"maximumTokens": 24},
        "evaluation": {
            "sets": [
                {"name": "harmful", "kind": "harmful", "file": "harmful.jsonl"},
                {"name": "harmless", "kind": "harmless", "file": "harmless.jsonl"},
                {"name": "told", "kind": "harmless", "file": "told.jsonl", "measure": "likelihood"},
            ],
            "judges": [{"name": "itself", "question": "harmlessness", "model": "smollm2", "format": "choice"}],
        },
        "sweep": {"decoding.method": ["sp", "acd", "safety-tuning"]}, "baselines": [{"decoding.method": "base"}],
    }
    path = folder / "soak.json"
    path.write_text(json.dumps(manifest))
    return path


def run(arguments, store, seconds=None, tool=ABLATE, check=True):
    """Runs the tool; with `seconds` it is killed after that time. Returns status and messages."""
    process = subprocess.Popen(
        [tool, *map(str, arguments), "--store", str(store)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        _, messages = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        _, messages = process.communicate()
    if check and process.returncode != 0:
        sys.exit(f"status {process.returncode}\n{messages}")
    return process.returncode, messages


def outputs(store):
    """The output hash of every artifact."""
    return {
        str(path.parent.relative_to(store)): json.loads(path.read_text())["output"]
        for path in (store / "objects").glob("*/*/record.json")
    }


def same(store, expected, what):
    """Ends unless a store holds what the undisturbed one holds, and every byte of it is right."""
    found = outputs(store)
    if found != expected:
        names = sorted(set(found) ^ set(expected)) or [name for name in found if found[name] != expected[name]]
        sys.exit(f"{what}: the store differs in {names[:5]}")
    run(["verify", "--quiet"], store)


def kills(folder, manifest, expected, seconds, count, rng):
    """Kills runs at random moments until there were enough; each time the same command goes on."""
    done, rounds = 0, 0
    while done < count:
        store, finished, rounds = folder / f"killed-{rounds}", [], rounds + 1
        while True:
            moment = rng.uniform(0.02, min(4, seconds / 6)) if done < count else None
            status, messages = run([manifest], store, moment, check=False)
            finished += [line.split("] ", 1)[1].split(": done")[0] for line in messages.splitlines() if ": done in " in line]
            if status == 0:
                break
            if status != -signal.SIGKILL:
                sys.exit(f"kills: status {status}\n{messages}")
            done += 1
        same(store, expected, f"kills, round {rounds}")
        twice = sorted(name for name in set(finished) if finished.count(name) > 1)
        # A process may be killed between storing a stage and saying so; never the other way round.
        if twice:
            sys.exit(f"kills: computed again: {twice}")
        if any((store / "work").iterdir()):
            sys.exit("kills: checkpoints were left")
        shutil.rmtree(store)
    print(f"kills: {done} at random moments in {rounds} runs; the end result was the undisturbed one, nothing was computed twice")


def disk(folder, manifest, expected):
    """A store on a disk that fills up: a message, nothing half-written, and the run goes on once there is room."""
    place = folder / "small-disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", place], capture_output=True, check=False).returncode == 0
    if not mounted:
        return print("disk: SKIPPED, this machine lets nobody mount a small disk")
    try:
        status, messages = run([manifest], place / "store", check=False)
        if status != 73 or "No space left" not in messages:
            sys.exit(f"disk: status {status}, expected 73\n{messages}")
        run(["verify", "--quiet"], place / "store")
        subprocess.run(["mount", "-o", "remount,size=200m", place], check=True)
        run([manifest], place / "store")
        same(place / "store", expected, "disk")
    finally:
        subprocess.run(["umount", place], check=False)
    print("disk: full, then not: status 73 with a message, and the same command went on to the same bytes")


def readers(folder, manifest, expected):
    """Twenty readers beside two writers."""
    store, count, wrong = folder / "read", [0], []

    def read():
        while any(thread.is_alive() for thread in writers):
            status, messages = run(["list", "--json"], store, check=False)
            count[0] += 1
            time.sleep(1)
            if status != 0:
                wrong.append(messages)

    writers = [threading.Thread(target=run, args=([manifest], store)) for _ in range(2)]
    others = [threading.Thread(target=read) for _ in range(20)]
    for thread in writers + others:
        thread.start()
    for thread in writers + others:
        thread.join()
    if wrong:
        sys.exit(f"readers: {wrong[0]}")
    same(store, expected, "readers")
    print(f"readers: {count[0]} listings by twenty readers beside two writers, none of them disturbed")


def clock(folder, manifest, expected):
    """A store whose files are from the future, as after the clock was set back."""
    store = folder / "future"
    run([manifest], store, 2, check=False)
    for path in store.rglob("*"):
        os.utime(path, (4e9, 4e9))
    run([manifest], store)
    same(store, expected, "clock")
    print("clock: files from the future changed nothing")


def threads(folder, manifest, expected):
    """Cold stores on other numbers of threads."""
    for number in (1, 4):
        store = folder / f"threads-{number}"
        run([manifest, "--threads", number], store)
        same(store, expected, f"{number} threads")
    print("threads: 1, 2 and 4 gave the same bytes")


def release(folder, manifest, expected):
    """The release build."""
    subprocess.run(["swift", "build", "-c", "release", "--product", "ablate"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    store = folder / "release"
    run([manifest], store, tool=ROOT / ".build/release/ablate")
    same(store, expected, "release")
    print("release: the release build gave the debug build's bytes")


def main():
    """Runs all checks, or those that are named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="kills,disk,readers,clock,threads,release")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="antipode-soak-"))
    try:
        manifest = write_manifest(folder)
        begin = time.monotonic()
        run([manifest, "--threads", 2], folder / "undisturbed")
        seconds = time.monotonic() - begin
        expected = outputs(folder / "undisturbed")
        print(f"undisturbed: {len(expected)} stages in {seconds:.0f} s", flush=True)
        checks = {
            "kills": lambda: kills(folder, manifest, expected, seconds, options.kills, random.Random(options.seed)),
            "disk": lambda: disk(folder, manifest, expected), "clock": lambda: clock(folder, manifest, expected),
            "readers": lambda: readers(folder, manifest, expected),
            "threads": lambda: threads(folder, manifest, expected), "release": lambda: release(folder, manifest, expected),
        }
        for name in options.only.split(","):
            checks[name]()
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
