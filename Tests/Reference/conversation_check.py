"""Renders conversations with every chat template of some folders, as transformers does.

    python conversation_check.py FOLDER... > /tmp/conversations.jsonl
    ANTIPODE_CONVERSATIONS=/tmp/conversations.jsonl swift test --filter RealTemplateTests

The templates are others' and are not committed; llama.cpp's lie in its folder models/templates.
"""

import datetime
import json
import pathlib
import sys

from transformers.utils import chat_template_utils

TOKENS = {"bos_token": "<|endoftext|>", "eos_token": "<|im_end|>"}
SYSTEM, INSTRUCTION = "You are kind.\nVery, <b>\"kind\"</b>.", "What is 2 + 2?\n\nSay it in one word: naïve."
EXCHANGES = [["Hi there!", "Hello. How can I help?"], ["Say one.", "One."]]
CONVERSATIONS = [
    (system, exchanges, instruction)
    for system in (None, "", SYSTEM, "  padded \n")
    for exchanges in ([], EXCHANGES)
    for instruction in (INSTRUCTION, "\n spaces around \n")
]


def render(template, system, exchanges, instruction):
    messages = [] if system is None else [{"role": "system", "content": system}]
    for question, answer in exchanges:
        messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    messages.append({"role": "user", "content": instruction})
    return template.render(messages=messages, tools=None, documents=None, add_generation_prompt=True, **TOKENS)


def main():
    day = datetime.datetime(2024, 7, 26)
    for folder in sys.argv[1:]:
        for path in sorted(pathlib.Path(folder).rglob("*.jinja")):
            source = path.read_text()
            try:
                template = chat_template_utils._compile_jinja_template(source)
            except Exception as error:
                print(json.dumps({"name": path.name, "source": source, "error": str(error)}))
                continue
            template.environment.globals["strftime_now"] = day.strftime
            for system, exchanges, instruction in CONVERSATIONS:
                row = {
                    "name": path.name,
                    "source": source,
                    "system": system,
                    "exchanges": exchanges,
                    "instruction": instruction,
                }
                try:
                    row["text"] = render(template, system, exchanges, instruction)
                except Exception as error:
                    row["error"] = f"{type(error).__name__}: {error}"
                print(json.dumps(row))


if __name__ == "__main__":
    main()
