"""Computes the language model's and the objective's fixtures. Usage, and what each file holds: README.md."""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import platform
from pathlib import Path

import numpy
import safetensors.torch
import torch

import texts
import tiny_llama
from reference_model import Checkpoint, ExactModel, TransformersModel

HERE = Path(__file__).resolve().parent
LANGUAGE_MODEL = HERE.parent / "LanguageModelTests" / "Fixtures"
OPPOSITE_PROMPTS = HERE.parent / "OppositePromptsTests" / "Fixtures"
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
LOGITS_STRIDE, ALL_POSITIONS_STRIDE, TOP_COUNT = 24, 768, 32
GREEDY_COUNT, CONTRAST_COUNT, SMALLEST_GAP = 64, 32, 0.01
ALPHA = 0.4
SOFT_PROMPT_LENGTH, NOISE_SCALE, NOISE_SEED = 20, 0.01, 16743
PROBABILITY_FLOOR, HARMLESS_REFUSAL_WEIGHT = 1e-6, 0.5
STEP_COUNT, STORED_STEPS, LEARNING_RATE, WEIGHT_DECAY, GRADIENT_NORM_LIMIT = 10, (1, 5, 10), 1e-3, 0.01, 1.0
ROLES = ("refused", "answered", "harmless", "harmlessRefusal")


# The files


def provenance(checkpoint, date):
    """Where numbers come from: versions, processor, model, and the hash of the scripts that made them."""
    scripts = hashlib.sha256()
    for name in ("engine_fixtures.py", "reference_model.py", "texts.py", "tiny_llama.py"):
        scripts.update((HERE / name).read_bytes())
    cpu = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
           if line.startswith("model name")]
    packages = ("torch", "transformers", "gguf", "tokenizers", "safetensors", "numpy")
    return {
        "script": "Tests/Reference/engine_fixtures.py",
        "scriptsSHA256": scripts.hexdigest(),
        "date": date,
        "processor": cpu[0] if cpu else platform.processor(),
        "processorCapability": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
        "versions": {"python": platform.python_version()}
        | {name: importlib.metadata.version(name) for name in packages},
        "model": checkpoint.path.name,
        "modelSHA256": checkpoint.sha256(),
        "arithmetic": "float32, eager attention; float64Distance is the largest absolute difference "
        "to an independent forward pass in float64",
    }


def save(folder, name, description, arrays=None):
    """Writes `name.json`, and `name.safetensors` where there are arrays."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(as_json(description) + "\n")
    if arrays:
        arrays = {key: array.detach().contiguous() for key, array in arrays.items()}
        assert all(array.dtype == torch.float32 for array in arrays.values())
        (folder / f"{name}.safetensors").write_bytes(safetensors.torch.save(arrays))
    print(f"{folder.parent.name}/{name}", flush=True)


def as_json(value, depth=0):
    """Indented JSON in which a list without objects or lists in it stays on one line."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    if isinstance(value, dict) and value:
        members = (f"{json.dumps(key)}: {as_json(member, depth + 1)}" for key, member in value.items())
        return "{" + inner + ("," + inner).join(members) + outer + "}"
    if isinstance(value, list) and any(isinstance(element, (dict, list)) for element in value):
        return "[" + inner + ("," + inner).join(as_json(element, depth + 1) for element in value) + outer + "]"
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def distance(array, exact):
    return float((array.detach().double() - exact.detach()).abs().max())


def relative_distance(array, exact):
    """The largest difference over the largest magnitude."""
    return distance(array, exact) / float(exact.detach().abs().max())


# Token ids


def encode(tokenizer, text):
    """The ids of `text`; control tokens written in it count as such. The text must survive the round trip."""
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text, text
    return ids


def prompt_text(checkpoint, prompt):
    if isinstance(prompt, str):
        return prompt
    return checkpoint.render([{"role": role, "content": content} for role, content in prompt])


def encoded_pairs(tokenizer):
    """The pairs of the objective, by role, with the ids of their parts.

    Eq. 2 in a chat model: `before`, the rows of the soft prompt, `after`, `response`; the response's last token
    is the one that closes the answer.
    """
    before = encode(tokenizer, "<|im_start|>system\n")

    def pair(instruction, response):
        after = f"<|im_end|>\n<|im_start|>user\n{instruction}<|im_end|>\n<|im_start|>assistant\n"
        return {
            "instruction": instruction,
            "response": response,
            "beforeIDs": before,
            "afterIDs": encode(tokenizer, after),
            "responseIDs": encode(tokenizer, response + "<|im_end|>"),
        }

    return {
        "refused": [pair(*texts_of_pair) for texts_of_pair in texts.REFUSED],
        "answered": [pair(*texts_of_pair) for texts_of_pair in texts.ANSWERED],
        "harmless": [pair(*texts_of_pair) for texts_of_pair in texts.HARMLESS],
        "harmlessRefusal": [pair(instruction, texts.HARMLESS_REFUSAL) for instruction, _ in texts.HARMLESS],
    }


# Logits and greedy decoding


@torch.no_grad()
def sequence_logits(model, ids, last_only=False):
    hidden = model.hidden(model.embed(ids))
    return model.head(hidden[-1:] if last_only else hidden)


def logits_fixture(checkpoint, tokenizer, model, exact, description):
    strided, top_values, log_sums, prompts = [], [], [], []
    for name, prompt in texts.LOGITS_PROMPTS + [(texts.RANDOM_IDS[0], None)]:
        if prompt is None:
            random = numpy.random.Generator(numpy.random.Philox(NOISE_SEED))
            ids, text = [int(id) for id in random.integers(0, checkpoint["vocab_size"], texts.RANDOM_IDS[1])], None
        else:
            text = prompt_text(checkpoint, prompt)
            ids = encode(tokenizer, text)
        logits = sequence_logits(model, ids, last_only=True)[0]
        exact_logits = sequence_logits(exact, ids, last_only=True)[0]
        top = logits.topk(TOP_COUNT)
        strided.append(logits[::LOGITS_STRIDE])
        top_values.append(top.values)
        log_sums.append(logits.logsumexp(0))
        prompts.append({"name": name, "text": text, "ids": ids, "topIDs": top.indices.tolist(),
                        "float64Distance": distance(logits, exact_logits)})
    arrays = {"last.strided": torch.stack(strided), "last.top": torch.stack(top_values),
              "last.logSumExp": torch.stack(log_sums)}
    ids = next(prompt["ids"] for prompt in prompts if prompt["name"] == texts.ALL_POSITIONS_PROMPT)
    logits = sequence_logits(model, ids)[:, ::ALL_POSITIONS_STRIDE]
    exact_logits = sequence_logits(exact, ids)[:, ::ALL_POSITIONS_STRIDE]
    description |= {
        "lastStride": LOGITS_STRIDE,
        "allPositionsStride": ALL_POSITIONS_STRIDE,
        "allPositionsPrompt": texts.ALL_POSITIONS_PROMPT,
        "allPositionsFloat64Distance": distance(logits, exact_logits),
        "prompts": prompts,
    }
    save(LANGUAGE_MODEL, "logits", description, arrays | {"allPositions.strided": logits})


def greedy(logits_of, count):
    """`count` steps of argmax (the lowest id wins a tie) over `logits_of(generated)`, and the smallest lead."""
    generated, smallest = [], float("inf")
    for _ in range(count):
        logits = logits_of(generated)
        first, second = logits.topk(2).values.tolist()
        smallest = min(smallest, first - second)
        generated.append(int(logits.argmax()))
    assert smallest > SMALLEST_GAP, f"a near tie: {smallest}"
    return generated, smallest


def greedy_fixture(checkpoint, tokenizer, model, exact, description):
    sequences = []
    for prompt in texts.GREEDY_PROMPTS:
        text = prompt_text(checkpoint, prompt)
        ids = encode(tokenizer, text)
        generated, smallest = greedy(
            lambda tokens: sequence_logits(model, ids + tokens, last_only=True)[0], GREEDY_COUNT)
        exact_logits = sequence_logits(exact, ids + generated[:-1])[len(ids) - 1:]
        assert exact_logits.argmax(-1).tolist() == generated
        sequences.append({"text": text, "ids": ids, "generatedIDs": generated, "smallestGap": smallest,
                          "generatedText": tokenizer.decode(generated, skip_special_tokens=False)})
    save(LANGUAGE_MODEL, "greedy", description | {"stopsAtEnd": False, "sequences": sequences})


def contrast_fixture(checkpoint, tokenizer, model, exact, description):
    """Eq. 5: greedy over `logit_S - alpha * logit_A`, the same token fed to both streams."""
    sequences = []
    for instruction in texts.CONTRAST_INSTRUCTIONS:
        safe, adversarial = (
            encode(tokenizer, prompt_text(checkpoint, [("system", system), ("user", instruction)]))
            for system in (texts.SAFE_PROMPT, texts.ADVERSARIAL_PROMPT)
        )

        def contrast(reference, tokens):
            return (sequence_logits(reference, safe + tokens, last_only=True)[0]
                    - ALPHA * sequence_logits(reference, adversarial + tokens, last_only=True)[0])

        generated, smallest = greedy(lambda tokens: contrast(model, tokens), CONTRAST_COUNT)
        assert greedy(lambda tokens: contrast(exact, tokens), CONTRAST_COUNT)[0] == generated
        sequences.append({
            "instruction": instruction, "safeIDs": safe, "adversarialIDs": adversarial, "generatedIDs": generated,
            "smallestGap": smallest, "generatedText": tokenizer.decode(generated, skip_special_tokens=False),
        })
    description |= {"alpha": ALPHA, "stopsAtEnd": False, "safePrompt": texts.SAFE_PROMPT,
                    "adversarialPrompt": texts.ADVERSARIAL_PROMPT, "sequences": sequences}
    save(LANGUAGE_MODEL, "contrast", description)


# The objective and the optimizer


def response_log_probabilities(model, soft_prompt, pair):
    """log P(y_t | z, x, y_<t) for each token of the pair's response."""
    response = pair["responseIDs"]
    embeddings = torch.cat([
        model.embed(pair["beforeIDs"]), soft_prompt.to(model.dtype),
        model.embed(pair["afterIDs"]), model.embed(response[:-1]),
    ])
    logits = model.head(model.hidden(embeddings)[-len(response):])
    return logits.log_softmax(-1).gather(1, torch.tensor(response)[:, None])[:, 0]


def likelihood(log_probabilities):
    """L_p and L_r: the mean runs over all the tokens of all the pairs together."""
    return -torch.cat(log_probabilities).mean()


def unlikelihood(log_probabilities):
    """L_n = -mean log max(1 - P, floor), with 1 - P = -expm1(log P); a floored token's gradient is zero."""
    remainder = -torch.expm1(torch.cat(log_probabilities))
    return -remainder.clamp(min=PROBABILITY_FLOOR).log().mean()


def all_log_probabilities(model, soft_prompt, pairs, roles=ROLES):
    return {role: [response_log_probabilities(model, soft_prompt, pair) for pair in pairs[role]] for role in roles}


def terms(log_probabilities):
    """Every term that the given roles allow, and the totals of Eq. 3 (`sp`) and Eq. 4 (`ap`)."""
    result = {
        "likelihood.refused": likelihood(log_probabilities["refused"]),
        "likelihood.answered": likelihood(log_probabilities["answered"]),
        "unlikelihood.refused": unlikelihood(log_probabilities["refused"]),
        "unlikelihood.answered": unlikelihood(log_probabilities["answered"]),
        "regularization": likelihood(log_probabilities["harmless"]),
    }
    result["total.sp"] = (
        result["likelihood.refused"] + result["unlikelihood.answered"] + result["regularization"])
    result["total.ap"] = (
        result["likelihood.answered"] + result["unlikelihood.refused"] + result["regularization"])
    if "harmlessRefusal" in log_probabilities:
        result["harmlessRefusal"] = unlikelihood(log_probabilities["harmlessRefusal"])
        result["total.spWithHarmlessRefusal"] = (
            result["total.sp"] + HARMLESS_REFUSAL_WEIGHT * result["harmlessRefusal"])
    return result


def objective(model, soft_prompt, pairs):
    """The terms, the gradients of the totals with respect to the soft prompt, and the tokens' log P."""
    soft_prompt = soft_prompt.detach().clone().requires_grad_()
    log_probabilities = all_log_probabilities(model, soft_prompt, pairs)
    values = terms(log_probabilities)
    gradients = {
        name.replace("total", "gradient"): torch.autograd.grad(value, soft_prompt, retain_graph=True)[0]
        for name, value in values.items() if name.startswith("total.")
    }
    tokens = {
        f"logProbabilities.{role}.{index}": row
        for role, rows in log_probabilities.items() for index, row in enumerate(rows)
    }
    return {name: value.item() for name, value in values.items()}, gradients, tokens


def initial_soft_prompt(tokenizer, model, length):
    ids = encode(tokenizer, texts.SOFT_PROMPT)[:length]
    assert len(ids) == length
    rows = model.embed(ids)
    noise = torch.randn(rows.shape, generator=torch.Generator().manual_seed(NOISE_SEED))
    return rows + NOISE_SCALE * noise


def objective_fixture(name, model, exact, soft_prompt, pairs, description):
    values, gradients, tokens = objective(model, soft_prompt, pairs)
    exact_values, exact_gradients, _ = objective(exact, soft_prompt.double(), pairs)
    description |= {
        "probabilityFloor": PROBABILITY_FLOOR,
        "harmlessRefusalWeight": HARMLESS_REFUSAL_WEIGHT,
        "terms": values,
        "termsFloat64Distance": max(abs(values[key] - exact_values[key]) for key in values),
        "gradientsFloat64RelativeDistance": {
            key: relative_distance(gradients[key], exact_gradients[key]) for key in gradients
        },
        "largestProbability": torch.cat(list(tokens.values())).max().exp().item(),
        "pairs": pairs,
    }
    save(OPPOSITE_PROMPTS, name, description, {"softPrompt": soft_prompt} | gradients | tokens)


def trajectory(model, soft_prompt, pairs, optimizer_class, weight_decay):
    """Ten clipped steps on the total of Eq. 3, the same batch each time."""
    soft_prompt = soft_prompt.detach().clone().requires_grad_()
    optimizer = optimizer_class([soft_prompt], lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8,
                                weight_decay=weight_decay)
    losses, norms, stored = [], [], {}
    for step in range(1, STEP_COUNT + 1):
        optimizer.zero_grad()
        loss = terms(all_log_probabilities(model, soft_prompt, pairs, ROLES[:3]))["total.sp"]
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([soft_prompt], GRADIENT_NORM_LIMIT)))
        losses.append(loss.item())
        optimizer.step()
        if step in STORED_STEPS:
            stored[step] = soft_prompt.detach().clone()
    return losses, norms, stored


def optimizer_fixture(name, model, exact, soft_prompt, pairs, description):
    description |= {
        "total": "sp", "steps": STEP_COUNT, "learningRate": LEARNING_RATE, "beta1": 0.9, "beta2": 0.999,
        "epsilon": 1e-8, "gradientNormLimit": GRADIENT_NORM_LIMIT, "storedSteps": list(STORED_STEPS),
    }
    arrays = {"softPrompt": soft_prompt}
    for key, optimizer_class, decay in (("adam", torch.optim.Adam, 0.0), ("adamW", torch.optim.AdamW, WEIGHT_DECAY)):
        losses, norms, stored = trajectory(model, soft_prompt, pairs, optimizer_class, decay)
        exact_losses, _, exact_stored = trajectory(exact, soft_prompt.double(), pairs, optimizer_class, decay)
        description[key] = {
            "weightDecay": decay, "losses": losses, "gradientNormsBeforeClipping": norms,
            "lossesFloat64Distance": max(abs(a - b) for a, b in zip(losses, exact_losses)),
            "softPromptFloat64Distance": {str(step): distance(stored[step], exact_stored[step]) for step in stored},
        }
        arrays |= {f"{key}.softPrompt.{step}": rows for step, rows in stored.items()}
    save(OPPOSITE_PROMPTS, name, description | {"pairs": {role: pairs[role] for role in ROLES[:3]}}, arrays)


# The tiny model


def tiny_fixture(chat_template, date):
    """Writes the tiny checkpoints, and for each: logits `l`, and the gradient of sum(l * w) to the embeddings."""
    LANGUAGE_MODEL.mkdir(parents=True, exist_ok=True)
    arrays, files, text = {}, {}, "the rain, in air"
    for kind in tiny_llama.TYPES:
        path = LANGUAGE_MODEL / f"tiny-llama-{kind}.gguf"
        tiny_llama.write(path, kind, chat_template)
        checkpoint = Checkpoint.read(path)
        model, exact = TransformersModel(checkpoint), ExactModel(checkpoint)
        tokenizer = checkpoint.tokenizer()
        ids = encode(tokenizer, text)
        assert len(ids) == 12, ids
        weights = torch.randn((len(ids), tiny_llama.VOCABULARY), generator=torch.Generator().manual_seed(NOISE_SEED))
        results = []
        for reference in (model, exact):
            embeddings = reference.embed(ids).clone().requires_grad_()
            logits = reference.head(reference.hidden(embeddings))
            (gradient,) = torch.autograd.grad((logits * weights).sum(), embeddings)
            results.append((logits, gradient))
        (logits, gradient), (exact_logits, exact_gradient) = results
        arrays |= {"weights": weights, f"{kind}.logits": logits, f"{kind}.gradient": gradient}
        files[kind] = {
            "file": path.name, "sha256": checkpoint.sha256(),
            "logitsFloat64Distance": distance(logits, exact_logits),
            "gradientFloat64RelativeDistance": relative_distance(gradient, exact_gradient),
        }
        if kind == "f32":
            origin = provenance(checkpoint, date)
            conversation = prompt_text(checkpoint, [("user", "Name a fruit.")])
            examples = [{"text": example, "ids": encode(tokenizer, example)} for example in (
                text, conversation, "The other interior: in the attic, 1234 (or 5)?\n\n  There!")]
            pairs = encoded_pairs(tokenizer)
            soft_prompt = initial_soft_prompt(tokenizer, model, 5)
            objective_fixture("tiny-objective", model, exact, soft_prompt, pairs, {"provenance": origin})
            optimizer_fixture("tiny-optimizer", model, exact, soft_prompt, pairs, {"provenance": origin})
    origin = {key: value for key, value in origin.items() if not key.startswith("model")}
    description = {"provenance": origin, "text": text, "ids": ids, "files": files, "tokenizerExamples": examples}
    save(LANGUAGE_MODEL, "tiny-llama", description, arrays)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path, help="SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--date", default=datetime.date.today().isoformat(), help="the date to write down")
    arguments = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)

    checkpoint = Checkpoint.read(arguments.model)
    assert checkpoint.sha256() == MODEL_SHA256, "another model file than the fixtures are for"
    tiny_fixture(checkpoint.metadata["tokenizer.chat_template"], arguments.date)

    tokenizer, model, exact = checkpoint.tokenizer(), TransformersModel(checkpoint), ExactModel(checkpoint)
    for fixture in (logits_fixture, greedy_fixture, contrast_fixture):
        fixture(checkpoint, tokenizer, model, exact, {"provenance": provenance(checkpoint, arguments.date)})
    sanity = json.loads((LANGUAGE_MODEL / "greedy.json").read_text())["sequences"][0]["generatedText"]
    assert "Paris" in sanity, sanity
    pairs, soft_prompt = encoded_pairs(tokenizer), initial_soft_prompt(tokenizer, model, SOFT_PROMPT_LENGTH)
    for name, fixture in (("objective", objective_fixture), ("optimizer", optimizer_fixture)):
        description = {"provenance": provenance(checkpoint, arguments.date)}
        fixture(name, model, exact, soft_prompt, pairs, description)


if __name__ == "__main__":
    main()
