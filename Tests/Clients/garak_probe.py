"""garak: one of its probes that asks nothing harmful, over its generator for servers like OpenAI's."""

import os
import subprocess
import sys
import tempfile

address, name = sys.argv[1:3]
with tempfile.TemporaryDirectory() as folder:
    options = os.path.join(folder, "options.json")
    with open(options, "w") as file:
        file.write(
            '{"openai": {"OpenAICompatible": {"uri": "%s/v1", "max_tokens": 12, "temperature": 0.5}}}' % address)
    subprocess.run(
        [sys.executable, "-m", "garak", "--target_type", "openai.OpenAICompatible", "--target_name", f"{name}:base",
         "--generator_option_file", options, "--probes", "test.Test", "--generations", "2", "--report_prefix",
         os.path.join(folder, "report")],
        check=True, env={**os.environ, "OPENAICOMPATIBLE_API_KEY": "none", "XDG_DATA_HOME": folder})
    assert any("report.jsonl" in file for file in os.listdir(folder)), os.listdir(folder)
print("garak: a probe ran to its end")
