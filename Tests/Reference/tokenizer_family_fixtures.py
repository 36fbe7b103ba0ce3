"""Makes the fixtures of TokenizerFamilyTests: a small tokenizer of each family's kind, and what the reference makes of texts.

    python tokenizer_family_fixtures.py [FOLDER]

FOLDER is Tests/TokenizationTests/Fixtures/families by default. The real tokenizers can't be committed; these are trained
here, on the corpus of tokenizer_fixtures.py, with the normalizer, pre-tokenizer, model options and post-processor that
the family's own tokenizer.json has. texts.json is a varied corpus. For each NAME: NAME.json, the tokenizer.json;
NAME.jsonl, a line for each text with its ids, special tokens in it read as such, and with the ids' text where that is
another; and for some of SentencePiece's kind NAME-gguf.json, the same as GGUF's metadata has it, with scores instead of
merges. Running it again gives the same bytes.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import tokenizer_fixtures as corpus

CASED = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
BLOOM = r" ?[^(\s|[.,!?…。，、।۔،])]+"
CONTROL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]


def split(pattern):
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pattern), "isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False),
        ]
    )


BYTE_LEVEL = {
    "gpt2": pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
    "smollm": pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    ),
    "llama3": split(CASED % "{1,3}"),
    "qwen2": split(CASED % ""),
    "bloom": split(BLOOM),
}
SENTENCE_PIECE = {
    # Llama 2, and Mistral before 0.3: the space in front stands in the normalizer.
    "llama2": (normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None),
    "mistral-first": (None, pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="first", split=False)),
    "mistral-always": (None, pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)),
    "gemma": (normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous")),
}


def texts():
    """A varied corpus: every list of tokenizer_fixtures.py, whole and in random mixtures."""
    choose = random.Random(11)
    lists = [corpus.CONTRACTIONS, corpus.FOREIGN, corpus.NUMERALS, corpus.EMOJI, corpus.SPACES, corpus.COMBINING,
             corpus.PUNCTUATION, corpus.LOOKALIKES]  # fmt: skip
    result = ["", " ", "  ", "a", " a", "  a", "a ", "\n", "\n\na", "ſ 'ſ I'ſ 'Ll", "\u0000\u0001", "▁", "a▁b ▁c", "<s>", "<s> a",
              "<s>a</s> b", "a<s><s>b", " <s> ", "12345678901234567890", "x" * 300, "a b" * 100]  # fmt: skip
    for items in lists:
        result += items
    for _ in range(400):
        parts = [choose.choice(choose.choice(lists)) for _ in range(choose.randint(2, 8))]
        result.append(choose.choice(["", " ", "\n"]).join(parts))
    for n in range(40):
        result.append(choose.choice(corpus.CODE).format(n=n, m=choose.randint(0, 99999)))
    for _ in range(60):
        result.append(
            " ".join(choose.choice(part) for part in (corpus.SUBJECTS, corpus.VERBS, corpus.OBJECTS, corpus.TAILS))
        )
    for _ in range(150):  # Any code points at all.
        result.append("".join(chr(choose.choice([*range(1, 0x250), *range(0x2000, 0x2070), *range(0x3000, 0x3100)]))
                              for _ in range(choose.randint(1, 20))))  # fmt: skip
    return result


def training_texts():
    choose = random.Random(5)
    for _ in range(1500):
        yield " ".join(choose.choice(part) for part in (corpus.SUBJECTS, corpus.VERBS, corpus.OBJECTS, corpus.TAILS))
    yield from corpus.FOREIGN
    for n in range(200):
        yield choose.choice(corpus.CODE).format(n=n, m=choose.randint(0, 99999))


def byte_level(name):
    tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
    if name == "qwen2":
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = BYTE_LEVEL[name]
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=CONTROL, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False)  # fmt: skip
    tokenizer.train_from_iterator(training_texts(), trainer)
    if name == "llama3":
        tokenizer.post_processor = processors.Sequence(
            [
                processors.ByteLevel(trim_offsets=False),
                processors.TemplateProcessing(
                    single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
                ),
            ]
        )
    tokenizer.add_tokens([AddedToken("<user-defined>", normalized=False)])
    return tokenizer


def sentence_piece(name):
    normalizer, pre_tokenizer = SENTENCE_PIECE[name]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    # Trained on words, as SentencePiece does, so that no piece reaches over a space; used on whole texts.
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=CONTROL + bytes_, show_progress=False)
    tokenizer.train_from_iterator(training_texts(), trainer)
    state = json.loads(tokenizer.to_str())
    # The bytes are ordinary tokens, as in the real files.
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in CONTROL]
    state["model"]["byte_fallback"] = True
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    tokenizer.decoder = decoders.Sequence(steps if name == "gemma" else [*steps, decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return tokenizer


def gguf(tokenizer, name):
    """GGUF's metadata for the same tokenizer: a token's score is minus the place of the merge that makes it."""
    state = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(state["vocab"].items(), key=lambda item: item[1])]
    rank = {}
    for place, pair in enumerate(state["merges"]):
        left, right = pair.split(" ") if isinstance(pair, str) else pair
        rank.setdefault(left + right, place)
    kinds = [3 if t in CONTROL else 6 if t.startswith("<0x") and t.endswith(">") else 1 for t in tokens]
    kinds[0] = 2
    scores = [0.0 if kind != 1 else -float(rank.get(token, len(rank) + i)) for i, (token, kind) in enumerate(zip(tokens, kinds))]
    return {"tokens": tokens, "tokenKinds": kinds, "scores": scores, "addsSpacePrefix": name != "gemma"}


def main():
    default = Path(__file__).resolve().parent.parent / "TokenizationTests" / "Fixtures" / "families"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.json").write_text(json.dumps(texts(), indent=0) + "\n")
    for name in [*BYTE_LEVEL, *SENTENCE_PIECE]:
        tokenizer = byte_level(name) if name in BYTE_LEVEL else sentence_piece(name)
        (folder / f"{name}.json").write_text(tokenizer.to_str(pretty=False) + "\n")
        with open(folder / f"{name}.jsonl", "w") as file:
            for text in texts():
                ids = tokenizer.encode(text, add_special_tokens=False).ids
                line = {"ids": ids} | ({} if tokenizer.decode(ids) == text else {"decoded": tokenizer.decode(ids)})
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
        if name in ("llama2", "gemma"):
            (folder / f"{name}-gguf.json").write_text(json.dumps(gguf(tokenizer, name), separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
