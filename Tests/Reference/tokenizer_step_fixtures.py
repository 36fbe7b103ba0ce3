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
    # Without the bytes of most scripts.
    kept = {token: None for token in models["bytes"]["vocab"] if all(ord(letter) < 0x7F or letter == "Ġ" for letter in token)}
    merges = [pair for pair in models["bytes"]["merges"] if pair[0] + pair[1] in kept and pair[0] in kept and pair[1] in kept]
    models["few-bytes"] = {"vocab": {token: i for i, token in enumerate(kept)}, "merges": merges}
    characters = train(pre_tokenizers.Metaspace(prepend_scheme="always", split=True), [], 420)
    gone = [letter for letter in characters["vocab"] if len(letter) == 1 and (ord(letter) > 0x2FFF or letter in "×½éW")]
    tokens = [token for token in characters["vocab"] if not any(letter in token for letter in gone)]
    merges = [pair for pair in characters["merges"] if pair[0] + pair[1] in tokens]
    models["characters"] = {"vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}
    # Not all bytes, so that some characters are still unknown.
    tokens += [f"<0x{byte:02X}>" for byte in range(256) if byte not in (0x87, 0xF0)]
    models["some-fallback"] = {"vocab": {token: i for i, token in enumerate(tokens)}, "merges": merges}
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


REGEX = {
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}|"
             r" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "possessive": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    "look": r"(?<=[a-z])(?=[A-Z])|(?<!\w)\d{2,}|(?=(\d{3})+(?!\d))",
    "lines": r"^\s*|\s+$|\bw\w*?\b|\B\d",
    "lazy": r"<.+?>|\(.*?\)|a{2}b??|(?:ab)+|[^\W\d_]{3,5}?",
    "classes": r"[[a-f]&&[^bd]]+|[^[:,;\-\]]&&\p{P}]|[\x{4E00}-\u9fff\x41-\x5a]+|[\h&&\D]|\P{^Nd}+",
    "atomic": r"(?>a+|ab)b?|(?m:x.*)|(?<name>e)\p{Mn}?|(?#nothing)\S*+\s|\A.|.\z|.\Z",
    "options": r"(?i)straSSe|\u{130}|[i-k]|(?-i:word)|σ|(?i:ǆ)".replace(r"\u{130}", "\u0130"),
    "empty": r"\d*|x?",
    "nested": r"(?:(?:a|b)*c?)*d|(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|(a|b|ab)*+c",
    "literals": r"a\.b|\[|\{2\}|x{,2}y|\t|\n{2,}|]|}|-|\/|{|\ ",
}  # fmt: skip
BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def sequence(*steps):
    return {"type": "Sequence", "pretokenizers": list(steps)}


def normalize(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def metaspace(scheme, splits):
    return {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": splits}


def replace(pattern, content, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


SPACES = replace("\u2581", " ")
UNSPACE = {"type": "Sequence", "decoders": [SPACES, {"type": "ByteFallback"}, {"type": "Fuse"}]}
DROP = {"type": "Sequence", "decoders": [*UNSPACE["decoders"], {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}


def cases():
    result = {}
    last, whole_words = byte_level(regex=False), {"ignore_merges": True}
    for name, pattern in REGEX.items():
        result["regex-" + name] = case(pre_tokenizer=sequence(split(pattern), last))
    for behavior in BEHAVIORS:
        for invert in (False, True):
            name = f"{behavior}-{invert}"
            result["split-" + name] = case(pre_tokenizer=sequence(split(r"[a-e]| +", behavior, invert), last))
            result["split-text-" + name] = case(pre_tokenizer=sequence(split("a", behavior, invert, "String"), last))
        result["punctuation-" + behavior] = case(pre_tokenizer=sequence({"type": "Punctuation", "behavior": behavior}, last))
    result["split-empty-matches"] = case(pre_tokenizer=sequence(split(r"\d*", "MergedWithPrevious"), split("x?", "MergedWithNext"), last))
    result["two-splits"] = case(pre_tokenizer=sequence(split(r"\s"), split("[a-m]+"), last))
    digits = {"type": "Digits", "individual_digits": False}
    ones = {"type": "Digits", "individual_digits": True}
    result["digits"] = case(pre_tokenizer=sequence(digits, byte_level()))
    result["digits-last"] = case(pre_tokenizer=sequence(byte_level(), ones))
    result["falcon"] = case(
        pre_tokenizer=sequence({"type": "Punctuation", "behavior": "Contiguous"}, byte_level(), digits, split("[0-9][0-9][0-9]"))
    )
    result["space-in-front"] = case(pre_tokenizer=byte_level(spaces=True))
    result["space-in-front-plain"] = case(pre_tokenizer=sequence(ones, byte_level(spaces=True, regex=False)), **whole_words)
    result["byte-level-twice"] = case(pre_tokenizer=sequence(byte_level(), byte_level(regex=False)))
    result["whitespace"] = case(pre_tokenizer=sequence({"type": "Whitespace"}, last))
    result["whitespace-split"] = case(pre_tokenizer=sequence({"type": "WhitespaceSplit"}, last), **whole_words)
    result["bert"] = case(pre_tokenizer=sequence({"type": "BertPreTokenizer"}, last))
    result["delimiter"] = case(pre_tokenizer=sequence({"type": "CharDelimiterSplit", "delimiter": "o"}, last))
    result["nested-sequences"] = case(pre_tokenizer=sequence(sequence(ones, split(" ", kind="String")), sequence(byte_level())))
    result["metaspace-bytes"] = case(pre_tokenizer=sequence(metaspace("first", True), last))

    for name, steps in {
        "nfd": [{"type": "NFD"}],
        "lowercase": [{"type": "Lowercase"}],
        "strip": [{"type": "Strip", "strip_left": True, "strip_right": True}],
        "strip-left": [{"type": "Strip", "strip_left": True, "strip_right": False}],
        "strip-right": [{"type": "Strip", "strip_left": False, "strip_right": True}],
        "replace": [replace("a", "bb"), replace("bbb", "")],
        "replace-regex": [replace(r"\s+", " ", "Regex"), replace(r"(?<=\d)\d", "#", "Regex"), replace("[éß]", "", "Regex")],
        "order": [{"type": "Lowercase"}, replace("hello", "HELLO"), NFC, {"type": "Prepend", "prepend": "é "}],
    }.items():
        result["normalize-" + name] = case(normalizer=normalize(*steps))
        result[f"normalize-{name}-added"] = case(
            normalizer=normalize(*steps), added=[token("WORD", normalized=True), token(" <a>", normalized=True, rstrip=True)]
        )

    # On characters, with bytes for those that the vocabulary lacks, unknown tokens for them, or neither.
    marks = replace(" ", "\u2581")
    for name, options in {
        "unknown": {"unk_token": "<unk>"},
        "unknown-fused": {"unk_token": "<unk>", "fuse_unk": True},
        "neither": {},
    }.items():
        result["characters-" + name] = case("characters", pre_tokenizer=metaspace("always", True), decoder=UNSPACE, **options)
        result["few-bytes-" + name] = case("few-bytes", **options)
    fallback = {"unk_token": "<unk>", "byte_fallback": True}
    for name, options in {"fallback": {}, "fallback-fused": {"fuse_unk": True}, "fallback-whole": whole_words}.items():
        options = fallback | options
        result[name + "-prepend"] = case(
            "some-fallback", normalizer=normalize({"type": "Prepend", "prepend": "\u2581"}, marks),
            pre_tokenizer=sequence(), decoder=DROP, **options)  # fmt: skip
        result[name + "-split"] = case("some-fallback", pre_tokenizer=metaspace("first", True), decoder=DROP, **options)
        result[name + "-plain"] = case("some-fallback", pre_tokenizer=metaspace("never", False), decoder=UNSPACE, **options)
    result["fallback-words"] = case(
        "some-fallback", normalizer=normalize(NFC, marks), decoder=UNSPACE,
        pre_tokenizer=sequence(split("\u2581", "MergedWithNext", kind="String"), ones), **fallback)  # fmt: skip

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
            names = [name for name, model in models.items() if model["vocab"] == state["model"]["vocab"]]
            kept = {key: names[0] for key in kept}
            state["model"] |= kept
            # The reference decodes a normalized token to its normal form, read as if in the byte-level alphabet; here it is
            # the spelling that the file gives.
            decodes = not (state["normalizer"] and any(added["normalized"] for added in state["added_tokens"]))
            record = {"name": name, "tokenizer": state, "lines": lines, "decodes": decodes}
            file.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
