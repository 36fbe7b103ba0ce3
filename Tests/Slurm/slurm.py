#!/usr/bin/env python3
"""One manifest by one process, by four workers, and by a real Slurm that is disturbed: the same bytes. Run by `make test-slurm`.

Under Slurm a worker is killed by signal 9, a job is told to end by TERM, and a node is drained midway. Every stage is computed
once. Exit status 0: all of it held, or, said aloud, no Slurm can be started here.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

import cluster

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# Another build of the tool, such as the one that `make dist` packs, is named by ABLATE.
ABLATE = pathlib.Path(os.environ.get("ABLATE", ROOT / ".build/debug/ablate"))


def write_manifest(folder):
    """Small, with every station of the way: some stages of seconds, so that there is something to disturb."""
    for kind in ("harmful", "harmless"):
        lines = (ROOT / f"Anchors/held-out-{kind}.jsonl").read_text().splitlines()[:6]
        (folder / f"{kind}.jsonl").write_text("\n".join(lines) + "\n")
    manifest = {
        "name": "slurm", "question": "Does the path hold?", "anchors": {"size": 5, "maximumTokens": 4},
        "tuning": {"initialization": {"kind": "text", "length": 6}, "steps": 16, "pairsPerStep": 3, "validationEvery": 8},
        "decoding": {"maximumTokens": 12},
        "evaluation": {
            "fluency": False,
            "sets": [{"name": kind, "kind": kind, "file": f"{kind}.jsonl"} for kind in ("harmful", "harmless")],
        },
        "sweep": {"decoding.alpha": [0.4]}, "baselines": [{"decoding.method": "base"}],
    }
    path = folder / "sweep.json"
    path.write_text(json.dumps(manifest))
    return path


def ablate(*arguments, store, tracer=(), **options):
    environment = {**os.environ, "ANTIPODE_STORE": str(store)}
    return subprocess.Popen(
        [*tracer, ABLATE, *map(str, arguments)], cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        **options)


def finish(process, status=0):
    output, messages = process.communicate()
    if process.returncode != status:
        sys.exit(f"{process.args}: status {process.returncode}, expected {status}\n{output}\n{messages}")
    return output, messages


def outputs(store):
    records = pathlib.Path(store).glob("objects/*/*/record.json")
    return {record["fingerprint"]: record["output"] for record in map(json.loads, (path.read_text() for path in records))}


def made(text):
    """How many stages and parts workers made, as they told one by one."""
    return len(re.findall(r"^\[\d+/\d+\] .*: done in ", text, re.MULTILINE))


def same(store, expected, what):
    found = outputs(store)
    if found != expected:
        differing = [key[:12] for key in expected if found.get(key) != expected[key]]
        sys.exit(f"{what}: of {len(expected)} stages, {len(differing)} differ or are missing: {', '.join(differing)}")
    left = [path for path in (pathlib.Path(store) / "work").iterdir()]
    if left:
        sys.exit(f"{what}: work is left: {left}")
    records = list(pathlib.Path(store).glob("experiments/*/*/record.json"))
    if len(records) != 1 or "finished" not in json.loads(records[0].read_text()):
        sys.exit(f"{what}: no finished record")
    if not list(pathlib.Path(store).glob("reports/*/report.md")):
        sys.exit(f"{what}: no report")


def four_workers(folder, manifest, expected):
    store, stages = folder / "workers", folder / "stages.json"
    finish(ablate("split", manifest, "--jobs", 12, "--part", 3, "--output", stages, store=store))
    items = [item for wave in json.loads(stages.read_text())["waves"] for task in wave for item in task]
    workers = [ablate("worker", "--stages", stages, "--threads", 1, store=store) for _ in range(4)]
    texts = [finish(worker)[1] for worker in workers]
    same(store, expected, "four workers")
    if made("".join(texts)) != len(items):
        sys.exit(f"four workers: {made(''.join(texts))} stages and parts were made, expected {len(items)}:\n" + "".join(texts))
    print(f"four workers: {len(expected)} stages with the same bytes; {len(items)} stages and parts, each made once: "
          + " + ".join(str(made(text)) for text in texts))


def owner(store, kind):
    """The process that computes a stage of a kind, and its job; none while there is no such stage, or none that has a way to go."""
    process = ablate("status", "--json", store=store)
    for status in json.loads(finish(process)[0]):
        for claim in status["claims"]:
            progress = claim.get("progress", {"done": 0, "total": 1})
            if claim["kind"] == kind and progress["done"] * 2 <= progress["total"]:
                return claim["process"], claim["job"]
    return None


def disturbed(folder, manifest, expected):
    store = folder / "cluster"
    with cluster.Cluster(tempfile.mkdtemp(prefix="antipode-slurm-", dir=folder)) as slurm:
        (manifest.parent / "slurm.json").write_text(json.dumps({"sbatch": ["--cpus-per-task=1"], "jobs": 8}))
        dry = finish(ablate(manifest, "--slurm", "--part", 3, "--dry-run", store=store))[0]
        if store.exists() or "#SBATCH --requeue" not in dry or "--dependency=afterany:JOB1" not in dry:
            sys.exit(f"a dry run wrote something, or shows no script:\n{dry}")
        run = ablate(manifest, "--slurm", "--part", 3, "--sbatch=--comment=\"a test\"", "--wait", store=store)
        done = []

        def await_owner(kind, what):
            found = []

            def look():
                slurm.hasten()
                found.append(owner(store, kind))
                return found[-1] is not None

            slurm.wait(look, f"a job with {kind}, to {what}", 120)
            return found[-1]

        # The first wave: whoever makes the anchors dies.
        process, job = await_owner("anchors", "kill")
        os.kill(process, signal.SIGKILL)
        done.append(f"killed {job}")
        # The second: a job that tunes is told to end, as it is before its time is up.
        process, job = await_owner("prompt", "end")
        drained = slurm.nodes[0]
        job = job.split()[1]
        subprocess.run(["scancel", "--batch", "--signal=TERM", job], check=True)
        done.append(f"ended {job} by TERM")
        subprocess.run(["scontrol", "update", f"nodename={drained}", "state=drain", "reason=test"], check=True)
        done.append(f"drained {drained}")
        while run.poll() is None:
            slurm.hasten()
            time.sleep(1)
        output, messages = run.communicate()
        folders = list(store.glob("submissions/*"))
        said = "".join(path.read_text() for path in sorted(folders[0].glob("*.out")))
        if run.returncode != 0:
            sys.exit(f"status {run.returncode}\n{output}\n{messages}\n{said}")
        same(store, expected, "Slurm")
        items = [item for wave in json.loads((folders[0] / "stages.json").read_text())["waves"] for task in wave for item in task]
        if made(said) != len(items):
            sys.exit(f"Slurm: {made(said)} stages and parts were made, expected {len(items)}:\n{said}")
        if "Interrupted." not in said:
            sys.exit(f"Slurm: no worker was interrupted:\n{said}")
        print(f"Slurm: {len(expected)} stages with the same bytes, {len(items)} stages and parts, each made once, though it "
              + ", ".join(done))
        again = finish(ablate(manifest, "--slurm", store=store))[0]
        if "nothing is submitted" not in again:
            sys.exit(again)
        finish(ablate("status", manifest, store=store))


def cancelled(folder, manifest):
    """What is cancelled does not come back."""
    store = folder / "cancelled"
    with cluster.Cluster(tempfile.mkdtemp(prefix="antipode-slurm-", dir=folder)) as slurm:
        output, _ = finish(ablate(manifest, "--slurm", "--json", store=store))
        experiment = json.loads(output)["experiments"][0]
        slurm.wait(lambda: owner(store, "anchors") is not None, "a job with anchors, to cancel", 120)
        print("cancel:", finish(ablate("cancel", experiment, store=store))[0].strip())
        slurm.wait(lambda: not slurm.queue(), "an empty queue")


def several(folder, manifest, expected):
    """Two experiments in one submission share their stages."""
    store, other = folder / "several", manifest.with_name("other.json")
    content = json.loads(manifest.read_text())
    content["name"], content["sweep"] = "other", {"decoding.alpha": [0.4, 0.8]}
    other.write_text(json.dumps(content))
    with cluster.Cluster(tempfile.mkdtemp(prefix="antipode-slurm-", dir=folder)) as slurm:
        run = ablate(manifest, other, "--slurm", "--wait", "--json", store=store)
        while run.poll() is None:
            slurm.hasten()
            time.sleep(1)
        finish(run)
        found, folders = outputs(store), list(store.glob("submissions/*"))
        said = "".join(path.read_text() for path in folders[0].glob("*.out"))
        if len(folders) != 1 or any(found.get(key) != expected[key] for key in expected):
            sys.exit(f"two experiments: not the bytes of one process, or {len(folders)} submissions:\n{said}")
        if not len(expected) < len(found) == made(said):
            sys.exit(f"two experiments: {made(said)} stages were made for {len(found)}, of which one alone has {len(expected)}:\n{said}")
        names = {json.loads(path.read_text())["name"] for path in store.glob("experiments/*/*/record.json")}
        if len(list(store.glob("reports/*/report.md"))) != 2:
            sys.exit(f"two experiments: not two reports; the records are of {names}")
        print(f"two experiments in one submission: {len(found)} stages, each made once, {len(expected)} of them shared")


def main():
    reason = cluster.missing()
    if reason:
        print(f"SKIPPED: no Slurm is tested here: {reason}.")
        return
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="antipode-slurm-") as name:
        folder = pathlib.Path(name)
        manifest, store = write_manifest(folder), folder / "one"
        finish(ablate(manifest, store=store))
        expected = outputs(store)
        print(f"one process: {len(expected)} stages in {time.monotonic() - begin:.0f} s")
        four_workers(folder, manifest, expected)
        disturbed(folder, manifest, expected)
        cancelled(folder, manifest)
        several(folder, manifest, expected)
    print(f"{time.monotonic() - begin:.0f} s in all")


if __name__ == "__main__":
    main()
