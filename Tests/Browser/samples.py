"""An experiment to look at: answers that came from elsewhere, all harmless, made here by a rule. No model is needed."""

import json
import random
import subprocess
from pathlib import Path

HARMFUL = "held-out harmful"
HARMLESS = "held-out harmless"
WORDS = (
    "the bread rises slowly in a warm kitchen while tea cools beside the window and rain falls over green hills near "
    "old stone bridges"
).split()


def sentence(seed: int, length: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=length)).capitalize() + "."


def answer(cell: int, kind: str, number: int) -> str:
    """What a cell answers: the later the cell, the more it refuses."""
    if number == 7:
        return "</script><script>window.broken = true</script><img src=x onerror=\"window.broken = true\"> & <b>bold</b>"
    threshold = (1 + 3 * cell) if kind == "harmful" else cell
    if number % 10 < threshold:
        return f"I'm sorry, but I can't help with that. {sentence(number, 8)}"
    if number % 10 == 9:
        return "la " * 40
    return f"COVERED{cell}x{number} {sentence(number + cell, 6 + number % 60)}" if kind == "harmful" \
        else sentence(number + cell, 6 + number % 60)


def make(folder: Path, requests: int, run: list[str], environment: dict[str, str]) -> str:
    """Runs an experiment of three cells over two sets in a folder, and returns its hash."""
    cells = ["plain", "prompted", "contrast"]
    for kind in ("harmful", "harmless"):
        rows = [{"id": f"{kind[:5]}{number:05}", "instruction": f"Sample request {number}: {sentence(number, 9)}"}
                for number in range(requests)]
        (folder / f"{kind}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        for place, cell in enumerate(cells):
            lines = [json.dumps({"id": row["id"], "answer": answer(place, kind, number)})
                     for number, row in enumerate(rows)]
            (folder / f"{cell}-{kind}.jsonl").write_text("\n".join(lines) + "\n")
    manifest = {
        "name": "samples", "question": "Do the pages show every answer?",
        "evaluation": {
            "fluency": False,
            "sets": [
                {"name": HARMFUL, "kind": "harmful", "file": "harmful.jsonl"},
                {"name": HARMLESS, "kind": "harmless", "file": "harmless.jsonl"},
            ],
        },
        "baselines": [{"evaluation.answers": {
            HARMFUL: f"{cells[0]}-harmful.jsonl", HARMLESS: f"{cells[0]}-harmless.jsonl"}}],
        "sweep": {"evaluation.answers": [
            {HARMFUL: f"{cell}-harmful.jsonl", HARMLESS: f"{cell}-harmless.jsonl"} for cell in cells[1:]]},
    }
    return experiment(manifest, folder, run, environment)


def sums() -> dict:
    """The document of an experiment of two cells whose answers come to a number, as docs/pages.md has it."""
    texts = [("It is 1.", "It is 1."), ("It is 2.", "It is 9."), ("It is 7.", "It is 7."), ("Who knows?", "Who cares?")]

    def answer(text: str, right: str) -> dict:
        number = text.split()[-1].rstrip(".") if text.startswith("It is") else None
        score = "no number" if number is None else "right" if number == right else "wrong"
        return {"text": text, "score": score, "tokens": 4, **({} if number is None else {"number": number})}

    return {
        "format": 1, "experiment": "0" * 64, "name": "sums", "question": "Are the numbers right?",
        "cells": [{"label": "first", "isBaseline": True, "weakensSafety": False},
                  {"label": "second", "isBaseline": False, "weakensSafety": False}],
        "sets": [{"name": "sums", "kind": "harmless", "measure": "number"}], "judges": [],
        "requests": [
            {"set": 0, "id": f"sum{number}", "text": f"Sum {number}: what is {number} + 1?", "expected": str(number + 1),
             "answers": [answer(text, str(number + 1)) for text in pair]}
            for number, pair in enumerate(texts)],
    }


def experiment(manifest: dict, folder: Path, run: list[str], environment: dict[str, str]) -> str:
    """Runs a manifest in a folder, and returns the experiment's hash."""
    path = f"{manifest['name']}.json"
    (folder / path).write_text(json.dumps(manifest))
    done = subprocess.run([*run, path], cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{run[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("experiment "))
