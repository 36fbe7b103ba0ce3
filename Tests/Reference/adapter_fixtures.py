"""Loads soft prompts with the `peft` package: what PromptAdapterLogitsTests compares with.

    python adapter_fixtures.py

Works in Tests/LanguageModelTests/Fixtures/adapters, on the tiny llama of family_fixtures.py. `ours` is an adapter that
PromptAdapter wrote (the test writes it anew under ANTIPODE_RECORD_SNAPSHOTS=1 and else expects its very bytes); `theirs` is
made here by peft. logits.safetensors holds, for each, the logits `[ids, vocabulary]` of the ids of numbers.json under the
prompt, as PeftModel gives them.
"""

import json
import pathlib
import shutil

import peft
import safetensors.torch
import torch
import transformers

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "LanguageModelTests" / "Fixtures"


def base():
    return transformers.AutoModelForCausalLM.from_pretrained(FIXTURES / "families" / "llama", attn_implementation="eager")


def main():
    folder = FIXTURES / "adapters"
    shutil.rmtree(folder / "theirs", ignore_errors=True)
    torch.manual_seed(3)
    configuration = peft.PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=5, prompt_tuning_init="RANDOM")
    peft.get_peft_model(base(), configuration).save_pretrained(folder / "theirs")
    (folder / "theirs" / "README.md").unlink(missing_ok=True)
    path = folder / "theirs" / "adapter_config.json"
    # The path on this machine, which is nobody's business.
    settings = json.loads(path.read_text()) | {"base_model_name_or_path": None}
    path.write_text(json.dumps(settings, indent=2) + "\n")
    ids = torch.tensor([json.loads((FIXTURES / "families" / "numbers.json").read_text())["ids"]])
    logits = {}
    for name in ("ours", "theirs"):
        model = peft.PeftModel.from_pretrained(base(), folder / name).eval()
        with torch.no_grad():
            logits[name] = model(input_ids=ids).logits[0, -ids.shape[1] :].float().contiguous()
    (folder / "logits.safetensors").write_bytes(safetensors.torch.save(logits))


main()
