"""Makes the fixtures of TokenizerStepTests: small tokenizers that use each step and each option of tokenizer.json.

    python tokenizer_step_fixtures.py [FOLDER]

FOLDER is Tests/TokenizationTests/Fixtures/steps by default. Writes models.json, the vocabularies and merges that all
cases share (trained here, on the corpus of tokenizer_fixtures.py), texts.json, and cases.jsonl, a line for each case: its
name, its tokenizer.json with the name of its model in place of the vocabulary and the merges, and for each text the ids
that the reference gives, special tokens in it read as such, with the ids' text where that is another (none of this where
"decodes" is false). Running it again
gives the same bytes.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

import tokenizer_fixtures as corpus

NFC = {"type": "NFC"}
TEXTS = [
    "", " ", "a", "  a  b ", "It's 12 o'clock, 1234567 × 89 = ½!", "<a> b<a>  <a>\n\t<a>c", "x<b>y <b> \u3000<b>z", "  <c>\u00a0<c>x",
    "word words word1 word\u0301 swords word", "(word) word_ word-word.word wordword \u200dword word\u200d", "<n>e\u0301 <n>\u0338 e<N> <ﬁ>",
    "e\u0301\u0323 \u1e9b\u0323 \uac00\u11a8 \u212b", "İstanbul ÀÉß ΣΑΣ ǅ \u0130", "def f(x):\n    return x\n\n\n\tpass  \n", "http://a.b/c?d=e&f#g",
    "«Où?» — “да” … ¡ñ! $5+3<=8^~|`", "天地玄黃，宇宙洪荒。日月 カタカナ ひらがな", "한국어 ㄱㄴ नमस्ते ไทย", "🙂👩‍👩‍👧 e\u20e3", "\u0000\u0001\u007f\u0085\u2028",
    "  \n \r\n x \r y\n", "▁a▁ b ▁", "HelloWorld fooBAR Iñt ABCdef I'LL we'Ve ſ'ſ", "a,b;;c!!!?d..e", "x² ³ ٣٤٥ 1٣ Ⅻ ①", "<|x|>a<|x|>", "<s>a</s> <s>",
    "1,000.50 10000000 7", "aaa abab  aab", "\ue000\U000f0000\u0378 \U0001d400", "tab\there\u200bzero", "<e> e<e> <e>e", "ab<d>  cd <d>", "wordy word",
]  # fmt: skip


def token(content, special=False, **flags):
    defaults = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": special}
    return {"content": content} | defaults | flags


SPECIAL = [token("<s>", True), token("</s>", True), token("<|x|>", True)]
FLAGS = {
    "lstrip": [token("<a>", lstrip=True), token("<b>", True, lstrip=True), token("<c>", lstrip=True)],
    "rstrip": [token("<a>", rstrip=True), token("<b>", True, rstrip=True), token("<c>", rstrip=True)],
    "both-strips": [token("<a>", lstrip=True, rstrip=True), token("<b>", True, rstrip=True), token("<c>", lstrip=True)],
    "single-word": [token("word", single_word=True), token("swords"), token("e", single_word=True)],
    "single-word-strips": [token("word", single_word=True, lstrip=True, rstrip=True), token("<a>", rstrip=True)],
    "overlapping": [token("<a>"), token("<a> b"), token("  "), token("<b>", rstrip=True), token(" ")],
    "normalized": [token("<n>", normalized=True), token("e\u0301", normalized=True), token("\u212b", normalized=True, lstrip=True)],
    "normalized-last": [token("<n>e", normalized=True), token("<n>"), token("<b>", True, normalized=True, rstrip=True)],
    "normalized-word": [token("word", normalized=True, single_word=True), token("<e>", normalized=True, lstrip=True)],
}  # fmt: skip


def train(pre_tokenizer, alphabet, size):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizer
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=["<unk>"], initial_alphabet=alphabet, show_progress=False)
    choose = random.Random(7)
    texts = [
        " ".join(choose.choice(part) for part in (corpus.SUBJECTS, corpus.VERBS, corpus.OBJECTS, corpus.TAILS)) for _ in range(600)
    ]
    texts += [choose.choice(corpus.CODE).format(n=n, m=choose.randint(0, 99999)) for n in range(100)] + TEXTS * 2
    tokenizer.train_from_iterator(texts, trainer)
    state = json.loads(tokenizer.to_str())["model"]
    return {"vocab": state["vocab"], "merges": state["merges"]}


def trained_models():
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    models = {"bytes": train(byte_level, sorted(pre_tokenizers.ByteLevel.alphabet()), 600)}
    return models


def byte_level(spaces=False, regex=True):
    return {"type": "ByteLevel", "add_prefix_space": spaces, "trim_offsets": True, "use_regex": regex}


def case(model="bytes", normalizer=None, pre_tokenizer=None, added=(), decoder=None, **options):
    defaults = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}  # fmt: skip
    return {
        "added_tokens": [*SPECIAL, *added],
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer or byte_level(),
        "post_processor": None,
        "decoder": decoder or {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": defaults | options | {"vocab": model, "merges": model},
    }


def cases():
    result = {}
    for name, added in FLAGS.items():
        result[name] = case(added=added)
        if "normalized" in name:
            result[name + "-nfc"] = case(normalizer=NFC, added=added)
    return result


def whole(state, models):
    """The tokenizer.json, with the vocabulary and ids for the added tokens."""
    state = json.loads(json.dumps(state))
    model = models[state["model"]["vocab"]]
    state["model"] |= model
    following = len(model["vocab"])
    for added in state["added_tokens"]:
        if added["content"] in model["vocab"]:
            added["id"] = model["vocab"][added["content"]]
        else:
            added["id"], following = following, following + 1
    return state


def main():
    default = Path(__file__).resolve().parent.parent / "TokenizationTests" / "Fixtures" / "steps"
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    folder.mkdir(parents=True, exist_ok=True)
    models = trained_models()
    (folder / "models.json").write_text(json.dumps(models, separators=(",", ":")) + "\n")
    (folder / "texts.json").write_text(json.dumps(TEXTS, indent=0) + "\n")
    with open(folder / "cases.jsonl", "w") as file:
        for name, state in cases().items():
            state = whole(state, models)
            tokenizer = Tokenizer.from_str(json.dumps(state))
            lines = []
            for text in TEXTS:
                ids = tokenizer.encode(text, add_special_tokens=False).ids
                decoded = tokenizer.decode(ids)
                lines.append({"ids": ids} | ({} if decoded == text else {"decoded": decoded}))
            kept = {"vocab": None, "merges": None}
            names = [name for name, model in models.items() if model["merges"] == state["model"]["merges"]]
            kept = {key: names[0] for key in kept}
            state["model"] |= kept
            # The reference decodes a normalized token to its normal form, read as if in the byte-level alphabet; here it is
            # the spelling that the file gives.
            decodes = not (state["normalizer"] and any(added["normalized"] for added in state["added_tokens"]))
            record = {"name": name, "tokenizer": state, "lines": lines, "decodes": decodes}
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
