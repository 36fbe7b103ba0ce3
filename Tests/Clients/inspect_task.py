"""Inspect AI: one small task over its OpenAI-compatible provider, with streaming."""

import os
import sys
import tempfile

address, name = sys.argv[1:3]
os.environ["INSPECT_LOG_DIR"] = tempfile.mkdtemp()
os.environ["INSPECT_DISPLAY"] = "none"

from inspect_ai import Task, eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.model import GenerateConfig, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, system_message

QUESTIONS = [
    ("Say the word apple.", "apple"), ("Say the word river.", "river"), ("Say the word seven.", "seven"),
    ("What is the capital of France?", "Paris"),
]
task = Task(
    dataset=[Sample(input=question, target=answer) for question, answer in QUESTIONS],
    solver=[system_message("Answer briefly."), generate()], scorer=includes(ignore_case=True),
    config=GenerateConfig(temperature=0, max_tokens=24))
for method in ["base", "safe", "instructive-null-0.3"]:
    model = get_model(
        f"openai-api/antipode/{name}:{method}", base_url=address + "/v1", api_key="none", stream=True, memoize=False)
    log = evaluate(task, model=model, log_level="error")[0]
    assert log.status == "success", log.error
    assert len(log.samples) == len(QUESTIONS)
    for sample in log.samples:
        assert sample.output.completion and sample.output.usage.output_tokens > 0, sample
    print(f"inspect: {method}: accuracy {log.results.scores[0].metrics['accuracy'].value:.2f}, streamed")
