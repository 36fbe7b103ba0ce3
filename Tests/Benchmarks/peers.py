"""Measures Antipode beside PyTorch and llama.cpp: same machine, same weights, same work, in interleaved rounds.

    .build/peers/bin/python Tests/Benchmarks/peers.py --json results.json --markdown table.md

In each round every contender does the work once, the first one rotating; a ratio compares two times of the same
round, so that a slow minute of the machine falls on both. Only one worker computes at a time. A measurement that other
processes disturbed is taken again, up to three times, and named where it stayed disturbed: OpenMP's spinning barriers
make the peers many times slower when they lack a core. For each work the workers start anew: a peak of memory is that
of one work. The exit status is 1 where a float32 contender computed something else than the first contender, which is
the reference.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import machine
from agreement import LOOSE, STRICT, agreement

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BENCH = ROOT / ".build" / "debug" / "bench"
WORKS = ("prompt", "decode", "contrast", "evaluate", "tune")
# The share of the machine that other processes may take during a measurement, and how often it is tried for that.
DISTURBED = 0.05
ATTEMPTS = 3
# The MKL in PyTorch's wheels runs its AVX2 kernels on processors that aren't Intel's. Loaded before it, this makes it
# choose by what the processor can do. The numbers of PyTorch as it is installed stand beside.
UNLOCK_MKL = "int mkl_serv_intel_cpu_true(void) { return 1; }"
# What holds PyTorch's libraries to an instruction set. llama.cpp has to be compiled for it: `make bench-peers KERNELS=avx2`.
HELD_TO = {
    "avx2": ["ATEN_CPU_CAPABILITY=avx2", "MKL_ENABLE_INSTRUCTIONS=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2"],
}

Request = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """A worker's command. One whose name ends in `float32` must compute what the reference computes."""

    name: str
    command: list[str]

    @property
    def is_strict(self) -> bool:
        return self.name.endswith("float32")


class Worker:
    """A contender's running process."""

    def __init__(self, contender: Contender) -> None:
        self.name = contender.name
        self.log = tempfile.TemporaryFile("w+")
        # Each library chooses its kernels by the processor; this variable would choose OpenBLAS's for it.
        environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
        self.process = subprocess.Popen(
            contender.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd=ROOT,
            env=environment)

    def ask(self, request: Request) -> Answer:
        """The answer to a request, with the share of the machine that went to anything else meanwhile (`foreign`)."""
        start, busy, own = time.perf_counter(), machine.busy_seconds(), machine.process_seconds(self.process.pid)
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self.log.seek(0)
            sys.exit(f"{self.name} ended while it worked on \"{request['work']}\":\n{self.log.read()[-2000:]}")
        own = machine.process_seconds(self.process.pid) - own
        foreign = max(0.0, machine.busy_seconds() - busy - own)
        return json.loads(line) | {"foreign": foreign / (time.perf_counter() - start) / os.cpu_count()}

    def end(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def is_able(information: Answer, work: str) -> bool:
    return work in information.get("works", WORKS)


def warm_up(request: Request) -> Request:
    """A smaller request of the same kind. A prompt stays whole: kernels are chosen by its shape."""
    smaller: dict[str, Any] = {
        "prompt": lambda: {},
        "decode": lambda: {"count": 8},
        "contrast": lambda: {"count": 8},
        "evaluate": lambda: {"turns": request["turns"][:4], "count": 4},
        "tune": lambda: {"pairs": list({pair["category"]: pair for pair in request["pairs"]}.values())},
    }
    return request | smaller[request["work"]]()


def rate(request: Request, answer: Answer, seconds: float) -> str:
    """How fast a contender was, in the unit in which the work is talked about."""
    if request["work"] == "prompt":
        return f"{len(request['tokens']) / seconds:.0f} tokens/s"
    if request["work"] == "evaluate":
        return f"{sum(map(len, answer['tokens'])) / seconds:.0f} tokens/s"
    if request["work"] == "tune":
        return f"{seconds:.2f} s a step"
    return f"{request['count'] / seconds:.1f} tokens/s"


def measure(request: Request, contenders: list[Contender], rounds: int) -> dict[str, Any]:
    """Runs one work in interleaved rounds; what came out, the reference's first."""
    work = request["work"]
    workers = [Worker(contender) for contender in contenders]
    information = {worker.name: worker.ask({"work": "info"}) for worker in workers}
    able = [worker for worker in workers if is_able(information[worker.name], work)]
    for worker in able:
        worker.ask(warm_up(request))
    answers: list[dict[str, Answer]] = []
    for number in range(rounds):
        answers.append({})
        first = number % len(able)
        for worker in able[first:] + able[:first]:
            answer = answers[number][worker.name] = undisturbed(worker, request)
            line = f"{work} {number + 1}/{rounds} {worker.name}: {answer['seconds']:.3f} s"
            print(line, file=sys.stderr, flush=True)
    memory = {worker.name: worker.ask({"work": "memory"}) for worker in able}
    for worker in workers:
        worker.end()

    reference = able[0].name
    ours = [contender.name for contender in contenders if contender.name.startswith("Antipode")] or [reference]
    results = {}
    for contender in (contender for contender in contenders if contender.name in memory):
        own = [answer[contender.name] for answer in answers]
        seconds = [answer["seconds"] for answer in own]
        limits = STRICT if contender.is_strict else LOOSE
        results[contender.name] = {
            "seconds": seconds,
            "median": statistics.median(seconds),
            "rate": rate(request, own[0], statistics.median(seconds)),
            # Of times of the same round, to each of ours.
            "ratios": {
                name: [answer[contender.name]["seconds"] / answer[name]["seconds"] for answer in answers]
                for name in ours if name in memory
            },
            "foreign": [answer["foreign"] for answer in own],
            "peakBytes": memory[contender.name]["bytes"],
            "loadBytes": memory[contender.name].get("loadBytes"),
            "agreement": agreement(work, answers[0][reference], own[0], limits).as_json(),
            "repeats": all(content(answer) == content(own[0]) for answer in own),
            "information": information[contender.name],
        }
    return {"rounds": rounds, "contenders": results}


def undisturbed(worker: Worker, request: Request) -> Answer:
    """The answer to a request, the least disturbed one where all attempts were disturbed."""
    answers: list[Answer] = []
    while len(answers) < ATTEMPTS:
        answers.append(worker.ask(request))
        if "error" in answers[-1]:
            sys.exit(f"{worker.name} failed at \"{request['work']}\": {answers[-1]['error']}")
        if answers[-1]["foreign"] <= DISTURBED:
            break
    return min(answers, key=lambda answer: answer["foreign"])


def content(answer: Answer) -> Answer:
    """What of an answer should be the same in every round."""
    return {key: value for key, value in answer.items() if key not in ("seconds", "foreign")}


def machine_limits(contender: Contender) -> dict[str, float]:
    """What the machine can do at most, where the reference has a work that measures it."""
    worker = Worker(contender)
    answers = worker.ask({"work": "bandwidth"}) | worker.ask({"work": "product", "rows": 1024})
    worker.end()
    return {key: answers[key] for key in ("bytesPerSecond", "operationsPerSecond") if key in answers}


def problems(work: str, result: dict[str, Any]) -> list[str]:
    """What a reader of the numbers must know: results that differ, rounds that were disturbed."""
    lines = []
    for name, entry in result["contenders"].items():
        if not entry["agreement"]["passed"]:
            lines.append(f"FAILED: {work}, {name}: {entry['agreement']['summary']}")
        if not entry["repeats"]:
            lines.append(f"{work}, {name}: its rounds gave different results")
        disturbed = sum(share > DISTURBED for share in entry["foreign"])
        if disturbed:
            lines.append(
                f"{work}, {name}: in {disturbed} of {result['rounds']} rounds other processes took more than "
                f"{DISTURBED:.0%} of the machine, at most {max(entry['foreign']):.0%}")
    return lines


def markdown(results: dict[str, Any]) -> str:
    """The results as a page: the table, what went wrong, and where the numbers come from."""
    origin = results["provenance"]
    ours = list(next(iter(next(iter(results["works"].values()))["contenders"].values()))["ratios"])
    lines = [
        "| work | contender | median | range | rate | " + " | ".join(f"time ÷ {name}'s" for name in ours)
        + " | peak memory | agreement with the first |",
        "|---|---|--:|--:|--:|" + "--:|" * len(ours) + "--:|---|",
    ]
    for work, result in results["works"].items():
        for position, (name, entry) in enumerate(result["contenders"].items()):
            seconds = entry["seconds"]
            ratio = " | ".join(
                "1" if name == own else f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"
                for own, ratios in entry["ratios"].items())
            lines.append(
                f"| {work} | {name} | {entry['median']:.3f} s | {min(seconds):.3f}–{max(seconds):.3f} s "
                f"| {entry['rate']} | {ratio} | {entry['peakBytes'] / 2**20:.0f} MiB "
                f"| {entry['agreement']['summary'] if position else '–'} |")
    notes = [note for work, result in results["works"].items() for note in problems(work, result)]
    lines += [""] + [f"- **{note}**" for note in notes] + [""] * bool(notes)
    rounds = ", ".join(f"{result['rounds']} rounds of {work}" for work, result in results["works"].items())
    versions = results["versions"] | {"Antipode": origin["antipode"]}
    lines += [
        f"Measured {origin['date']} on {origin['processor']}, {origin['processors']} processors, {origin['threads']} "
        f"threads, load average {origin['loadAverage'][0]:.2f} at the start; "
        + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".",
        f"Model `{origin['model']}` (SHA-256 `{origin['modelSHA256']}`). Processor flags: {' '.join(origin['flags'])}.",
    ]
    if results["limits"]:
        lines.append(
            f"The machine reads {results['limits']['bytesPerSecond'] / 1e9:.1f} GB/s and does "
            f"{results['limits']['operationsPerSecond'] / 1e9:.0f} GFLOP/s in products of 32-bit floats.")
    lines += [
        f"Median and range over {rounds}; the ratios are those of times of the same round. "
        f"Held to: float32: {STRICT}; others: {LOOSE}.",
        f"Command: `{origin['command']}`.",
    ]
    return "\n".join(lines) + "\n"


def unlocked_mkl() -> Path:
    """Builds the library that holds `UNLOCK_MKL`."""
    library = ROOT / ".build" / "peers" / "unlock_mkl.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=UNLOCK_MKL, text=True, check=True)
    return library


def default_contenders(options: argparse.Namespace) -> list[Contender]:
    antipode = [str(BENCH), "worker", str(options.model), "--threads", str(options.threads)]
    antipode += ["--kernels", options.kernels] if options.kernels else []
    variables = HELD_TO.get(options.kernels, [])

    def peer(script: str, *more: str, python: str = sys.executable, variables: list[str] = variables) -> list[str]:
        shared = ["--model", str(options.model), "--threads", str(options.threads)]
        return ["env", *variables, python, str(HERE / script), *shared, *more]

    return [
        Contender("Antipode float32", antipode),
        *(Contender(f"Antipode {name}", [*antipode, "--precision", name]) for name in options.antipode_precision),
        Contender("PyTorch float32", peer("peer_torch.py", "--dtype", "float32")),
        Contender("PyTorch (MKL unlocked) float32", peer(
            "peer_torch.py", "--dtype", "float32", variables=[f"LD_PRELOAD={unlocked_mkl()}", *variables])),
        Contender("PyTorch bfloat16", peer("peer_torch.py", "--dtype", "bfloat16")),
        Contender("llama.cpp", peer("peer_llama.py", python=options.llama_python)),
    ]


def parse_contender(text: str) -> Contender:
    name, separator, command = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"expected NAME=COMMAND, not {text}")
    return Contender(name, shlex.split(command))


def parse_options() -> argparse.Namespace:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = Path(os.environ.get("ANTIPODE_CACHE") or caches / "antipode")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=cache / "models" / "smollm2-135m-instruct-q4_1.gguf")
    parser.add_argument("--works", type=lambda text: text.split(","), default=list(WORKS), help="separated by commas")
    parser.add_argument("--requests", type=Path, help="a file that `bench works MODEL` wrote; without it, it is run")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--evaluate-rounds", type=int, default=2, help="rounds of the one work that takes minutes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--contenders", type=parse_contender, nargs="+", metavar="NAME=COMMAND",
                        help="instead of the usual ones; the first is the reference")
    parser.add_argument("--antipode-precision", nargs="*", default=["bfloat16", "int8"], metavar="NAME",
                        help="more of Antipode's precisions")
    parser.add_argument("--without", type=lambda text: text.split(","), default=[], metavar="NAMES",
                        help="contenders that are left out, separated by commas")
    parser.add_argument("--kernels", choices=HELD_TO, help="hold Antipode and PyTorch to an instruction set")
    parser.add_argument("--llama-python", default=sys.executable, metavar="PATH",
                        help="the Python whose llama-cpp-python is measured, where it is not this one")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="without it, the table is printed")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    if options.requests:
        requests = json.loads(options.requests.read_text())
    else:
        command = [BENCH, "works", options.model, "--root", ROOT]
        requests = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    contenders = options.contenders or [
        contender for contender in default_contenders(options) if contender.name not in options.without]
    results: dict[str, Any] = {
        "provenance": machine.provenance(options.model, options.threads),
        "limits": machine_limits(contenders[0]),
        "works": {},
    }
    for work in options.works:
        rounds = options.evaluate_rounds if work == "evaluate" else options.rounds
        results["works"][work] = measure(requests[work], contenders, rounds)
        for problem in problems(work, results["works"][work]):
            print(problem, file=sys.stderr, flush=True)
    entries = [entry for result in results["works"].values() for entry in result["contenders"].items()]
    results["versions"] = {
        name: version for _, entry in entries for name, version in entry["information"].get("versions", {}).items()}

    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    page = markdown(results)
    if options.markdown:
        options.markdown.write_text(page)
    else:
        print(page, end="")
    strict = {contender.name for contender in contenders if contender.is_strict}
    return int(any(name in strict and not entry["agreement"]["passed"] for name, entry in entries))


if __name__ == "__main__":
    sys.exit(main())
