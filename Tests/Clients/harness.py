"""lm-evaluation-harness: log-likelihoods of a multiple-choice task, equal to the engine's, and a generation task."""

import glob
import json
import os
import subprocess
import sys
import tempfile

address, name = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = os.path.join(HERE, "tasks")


def run(model, task, folder, batch_size=1):
    arguments = {
        "model": model, "base_url": address + "/v1/completions", "tokenizer_backend": "remote", "num_concurrent": 4,
        "max_retries": 1, "max_length": 2048}
    subprocess.run(
        [sys.executable, "-m", "lm_eval", "run", "--model", "local-completions", "--model_args",
         ",".join(f"{key}={value}" for key, value in arguments.items()), "--tasks", task, "--include_path", TASKS,
         "--batch_size", str(batch_size), "--output_path", folder, "--log_samples"],
        check=True, cwd=TASKS, env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1",
                                    "HF_HOME": os.path.join(folder, "home")})
    results = json.load(open(glob.glob(f"{folder}/**/results_*.json", recursive=True)[0]))["results"][task]
    samples = [json.loads(line) for line in open(glob.glob(f"{folder}/**/samples_{task}_*.jsonl", recursive=True)[0])]
    return results, sorted(samples, key=lambda sample: sample["doc_id"])


expected = json.load(open(os.path.join(TASKS, "expected.json")))
for method, batch in [("base", 1), ("instructive-null-0.3", 8)]:
    with tempfile.TemporaryDirectory() as folder:
        results, samples = run(f"{name}:{method}", "antipode_choice", folder, batch_size=batch)
        worst = 0
        for sample, scores in zip(samples, expected[method], strict=True):
            found = [float(answer[0][0]) for answer in sample["resps"]]
            worst = max([worst] + [abs(left - right) for left, right in zip(found, scores, strict=True)])
        assert worst < 1e-4, f"{method}: log-likelihoods differ from the engine's by {worst}"
        print(f"harness: {method}: accuracy {results['acc,none']:.3f}, log-likelihoods within {worst:.1e} of the engine's")

with tempfile.TemporaryDirectory() as folder:
    results, samples = run(f"{name}:base", "antipode_generation", folder)
    assert len(samples) == 6 and all(sample["resps"][0][0] for sample in samples)
    print(f"harness: generation: exact match {results['exact_match,none']:.3f}")
