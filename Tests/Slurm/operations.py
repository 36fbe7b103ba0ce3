#!/usr/bin/env python3
"""What a stage asks of the file system that holds the store: eight workers on stages that compute next to nothing, under strace.

Usage: operations.py [--cells N]. The stages take given answers, judge them by rules and count: three stages a cell, no model.
"""

import argparse
import collections
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import slurm

CALLS = "open,openat,creat,mkdir,mkdirat,link,linkat,unlink,unlinkat,rmdir,rename,renameat,renameat2,stat,lstat,newfstatat,statx,access,"
CALLS += "faccessat,faccessat2,readlink,readlinkat,getdents64,read,pread64,write,pwrite64,fsync,fdatasync,fstat,ftruncate,utimensat,"
CALLS += "fchmod,chmod,flock,fcntl,close,statfs,mmap"
# What a network file system asks its server for; the rest is answered from what an open file's host knows.
REMOTE = {
    "open", "openat", "creat", "mkdir", "mkdirat", "link", "linkat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2",
    "stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents64", "read",
    "pread64", "write", "pwrite64", "fsync", "fdatasync", "utimensat", "fchmod", "chmod", "close",
}


def write_manifest(folder, cells):
    folder.mkdir()
    rows = [{"id": f"r{number}", "instruction": f"What is {number} and 1?"} for number in range(3)]
    (folder / "requests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    answers = []
    for cell in range(cells):
        path = f"answers-{cell}.jsonl"
        given = [{"id": row["id"], "answer": f"It is {number + 1}, or {cell}."} for number, row in enumerate(rows)]
        (folder / path).write_text("".join(json.dumps(row) + "\n" for row in given))
        answers.append({"sums": path})
    manifest = {
        "name": "empty", "evaluation": {
            "fluency": False, "sets": [{"name": "sums", "kind": "harmless", "file": "requests.jsonl"}]},
        "sweep": {"evaluation.answers": answers},
    }
    path = folder / "empty.json"
    path.write_text(json.dumps(manifest))
    return path


def traced(arguments, store, log):
    return slurm.ablate(*arguments, store=store, tracer=["strace", "-f", "-qq", "-y", "-o", str(log), "-e", f"trace={CALLS}"])


def counted(logs, store):
    """The calls that name a place in the store, by call and by the part of the store."""
    calls, places = collections.Counter(), collections.Counter()
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            match = re.match(r"\d+ +(\w+)\(", line)
            if not match or str(store) not in line:
                continue
            name = match[1]
            calls[name] += 1
            part = re.search(re.escape(str(store)) + r"/?([a-z]*)", line)[1] or "."
            if name in REMOTE:
                places[part] += 1
    return calls, places


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=100)
    parser.add_argument("--workers", type=int, default=8)
    options = parser.parse_args()
    if not shutil.which("strace"):
        return print("SKIPPED: strace is missing.")
    with tempfile.TemporaryDirectory(prefix="antipode-operations-") as name:
        folder = pathlib.Path(name)
        manifest, store, stages = write_manifest(folder / "data", options.cells), folder / "store", folder / "stages.json"
        slurm.finish(slurm.ablate("split", manifest, "--jobs", options.workers, "--output", stages, store=store))
        count = 3 * options.cells
        logs = [folder / f"log-{number}" for number in range(options.workers)]
        workers = [traced(["worker", "--stages", stages, "--threads", 1], store, log) for log in logs]
        texts = [slurm.finish(worker)[1] for worker in workers]
        made = slurm.made("".join(texts))
        if made != count:
            sys.exit(f"{made} stages were made, expected {count}")
        calls, places = counted(logs, store)
        # What a worker asks once, whatever there is to do: a file of stages with nothing missing.
        still = folder / "log-still"
        slurm.finish(traced(["worker", "--stages", stages, "--threads", 1], store, still))
        again, _ = counted([still], store)
    remote = sum(count for name, count in calls.items() if name in REMOTE)
    print(f"{count} stages by {options.workers} workers, {made} made: calls on the store, and a stage:")
    for name, number in calls.most_common():
        print(f"  {name:12} {number:8} {number / count:8.1f}{'' if name in REMOTE else '  (answered on the host)'}")
    print("by place, those that a server sees: " + ", ".join(f"{place} {number / count:.1f}" for place, number in places.most_common()))
    print(f"a server sees {remote / count:.1f} calls a stage; a worker that finds everything done makes "
          f"{sum(number for name, number in again.items() if name in REMOTE) / count:.1f} a stage")
    if calls["flock"]:
        sys.exit("a lock was asked for")


if __name__ == "__main__":
    main()
