"""Where numbers come from: the machine, the versions, the model, and how busy the machine was."""

import datetime
import hashlib
import os
import platform
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

FLAGS = re.compile(r"avx\w*|amx\w*|fma|f16c|asimd\w*|sve\w*|i8mm|bf16")
TICK = os.sysconf("SC_CLK_TCK")


def provenance(model: Path, threads: int) -> dict[str, Any]:
    cpu = Path("/proc/cpuinfo").read_text()
    flags = re.search(r"^(?:flags|Features)\s*: (.*)", cpu, re.MULTILINE)
    name = re.search(r"^model name\s*: (.*)", cpu, re.MULTILINE)
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "processor": name.group(1) if name else platform.processor(),
        "processors": os.cpu_count(),
        "flags": [flag for flag in flags.group(1).split() if FLAGS.fullmatch(flag)] if flags else [],
        "system": platform.platform(),
        "python": platform.python_version(),
        "threads": threads,
        "loadAverage": os.getloadavg(),
        "antipode": revision(),
        "model": model.name,
        "modelSHA256": hashlib.sha256(model.read_bytes()).hexdigest(),
    }


def revision() -> str:
    """The repository's commit, and whether the files differ from it."""
    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", "-C", Path(__file__).parent, *arguments], capture_output=True, text=True, check=True).stdout.strip()

    return git("rev-parse", "--short", "HEAD") + (", with changes" if git("status", "--porcelain") else "")


def busy_seconds() -> float:
    """Processor seconds that this machine spent on anything since it started, stolen ones included."""
    user, nice, system, _, _, interrupts, soft_interrupts, stolen, *_ = map(
        int, Path("/proc/stat").read_text().splitlines()[0].split()[1:])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / TICK


def process_seconds(process: int) -> float:
    """Processor seconds that a process spent."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
