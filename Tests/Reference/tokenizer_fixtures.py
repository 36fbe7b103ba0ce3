#!/usr/bin/env python3
"""Makes the reference fixtures of the Tokenization wing from the SmolLM2 GGUF file.

    python tokenizer_fixtures.py SmolLM2-135M-Instruct.Q4_1.gguf ../TokenizationTests/Fixtures

Needs: tokenizers, transformers, gguf (versions used: see Fixtures/provenance.json). Writes:

- smollm2.json, smollm2-merges.txt  the tokenizer itself. The file's tokens are its first 252 and then, in order, what
  each merge makes (checked here), so only those are kept.
- corpus.jsonl         {"text", "ids"} and, where it differs, "idsAsText": control tokens read as ordinary text.
- decoding.jsonl       {"ids", "text", "textWithSpecial"}: arbitrary ids, so mostly not valid UTF-8.
- conversations.jsonl  {"system", "instruction", "ids"}: transformers' apply_chat_template.
- scalar-classes.txt   runs "FIRST LAST CLASS" of the classes L, N and S of the reference's regular expressions.
- provenance.json      versions, hashes, and how often transformers' own reading of the GGUF file differs.

All text is composed here from seeded random choices; none is taken from elsewhere.
"""

import hashlib
import importlib.metadata
import itertools
import json
import os
import platform
import random
import sys
import tempfile
import unicodedata
from pathlib import Path

import gguf
import tokenizers
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SEED = 20240616
CONTROL = 3


def read_gguf(path):
    fields = gguf.GGUFReader(path).fields
    get = lambda key: fields[key].contents() if key in fields else None
    return {
        "kind": get("tokenizer.ggml.model"),
        "preTokenizer": get("tokenizer.ggml.pre"),
        "tokens": get("tokenizer.ggml.tokens"),
        "tokenKinds": get("tokenizer.ggml.token_type"),
        "merges": get("tokenizer.ggml.merges"),
        "beginningOfSequence": get("tokenizer.ggml.bos_token_id"),
        "endOfSequence": get("tokenizer.ggml.eos_token_id"),
        "padding": get("tokenizer.ggml.padding_token_id"),
        "unknown": get("tokenizer.ggml.unknown_token_id"),
        "addsBeginningOfSequence": bool(get("tokenizer.ggml.add_bos_token")),
        "chatTemplate": get("tokenizer.chat_template"),
    }


def reference_tokenizer(description):
    """The tokenizer of SmolLM2's tokenizer.json: digits one by one, then byte level with GPT-2's pattern."""
    merges = [tuple(merge.split(" ")) for merge in description["merges"]]
    vocabulary = {token: index for index, token in enumerate(description["tokens"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=None, fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    control = [t for t, kind in zip(description["tokens"], description["tokenKinds"]) if kind == CONTROL]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in control])
    return tokenizer, control


# ---------------------------------------------------------------------------------------------------- the corpus

SUBJECTS = "The baker|A tired engineer|My neighbour's cat|Every committee|Nobody I know|The old lighthouse keeper|One of the twins|An unusually quiet parrot|The city council|Our grandmother|The train conductor|A visiting professor".split("|")
VERBS = "repairs|never forgets|quietly borrows|has been measuring|would rather paint|can't stand|misplaced|inherited|is photographing|re-ordered|couldn't explain|they've catalogued".split("|")
OBJECTS = "the copper kettle|a box of unlabelled keys|three rivers' worth of maps|the Wednesday newspaper|an antique sextant|twenty-seven umbrellas|the harbour's fog signal|a recipe for plum jam|somebody else's bicycle|the half-finished bridge|a well-behaved algorithm|the library's oldest atlas".split("|")
TAILS = "before breakfast|in spite of the rain|for $12.50 a piece|(so they say)|— or so it seemed|on 3 May 1987|at 07:45 sharp|because it's cheaper|; nobody minded|, e.g. in Lisbon|with 100% certainty|'as a favour'|under the \"new\" rules|near 52.3702N, 4.8952E|at https://example.org/a?b=c&d=%20|for user_name@example.com".split("|")
ENDS = [".", "!", "?", "...", "…", "?!", ".\n", "", " ", ":", ";"]
CONTRACTIONS = ["I'm", "I'M", "you're", "YOU'RE", "it's", "IT'S", "we've", "WE'VE", "they'll", "THEY'LL", "he'd", "HE'D", "don't", "DON'T", "rock'n'roll", "'tis", "'s", " 's", "''s", "'ll'd", "o'clock", "it’s", "l'été", "'re 'RE 'rE", "x'veto", "'mend", "''", "'''"]
FOREIGN = [
    "Zwölf Füße über größeren Brücken, äußerst gemütlich.", "L'élève a reçu une leçon près du vieux château à Noël.",
    "El niño comió piñas mañana: ¿qué pasó? ¡Nada!", "Żółta łódź płynie wśród gęstej mgły.", "Příliš tichý kůň běžel za řekou.",
    "Smörgåsbord på ön, så gott och så rött.", "İstanbul'da ılık bir akşam, güneş battı.", "Điều này thật tuyệt vời, phải không?",
    "Старый маяк стоит у самого моря, ёлки зелёные.", "Її під'їзд зовсім поруч з ґанком.", "Ο παλιός φάρος δίπλα στη θάλασσα.",
    "春天的河水慢慢流过古老的石桥。", "今天天氣很好,我們去圖書館。", "古い灯台のそばで、猫が三匹眠っている。", "カタカナとひらがな、ラーメン一杯。",
    "오래된 등대 옆에 고양이 세 마리가 있다.", "المنارة القديمة قرب البحر الأزرق.", "كِتَابٌ جَدِيدٌ عَلَى الطَّاوِلَةِ", "המגדלור הישן ליד הים.",
    "पुराना प्रकाशस्तंभ समुद्र के पास है।", "क्षत्रिय ज्ञान श्रम", "পুরানো বাতিঘর সাগরের পাশে।", "பழைய கலங்கரை விளக்கம் கடலருகே.",
    "ประภาคารเก่าอยู่ใกล้ทะเล", "น้ำใจไมตรี", "ძველი შუქურა ზღვასთან.", "Հին փարոսը ծովի մոտ է։", "အဟောင်းဆုံး မီးပြတိုက်", "የድሮው መብራት ቤት", "ការ​ធ្វើ​ដំណើរ",
]
NUMERALS = ["٠١٢٣٤٥", "०१२३", "๑๒๓", "Ⅻ", "½", "²³", "①②", "㊿", "𝟘𝟙𝟚", "๙9९", "1,234.56", "3.14159", "0xFF", "1e-10", "10⁻³", "2024-06-16", "+44 20 7946 0000", "192.168.0.1", "v1.2.3-rc4", "007", "1st 2nd", "a1b2c3", "1 2  3   4", "  5", "\t6", "7 ", "৳৯৯"]
EMOJI = ["😀", "👩‍👩‍👧‍👦", "👩🏽‍🚀", "🏳️‍🌈", "🇳🇱🇯🇵", "❤️", "1️⃣", "👍🏿", "🧑‍💻", "☎︎", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🤷🏼‍♂️", "😀😀😀", "✨", "🫠", "⌚", "🀄"]
SPACES = [" ", "  ", "   ", "    ", "        ", "\t", "\t\t", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\u00a0", "\u3000", "\u0085", "\u2003", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u1680", "\u000b", "\u000c", " \n", "\n ", " \u00a0", "\u00a0 ", "\t ", " \t", "\n\t", "  \n  ", "\u200b", "\ufeff", "\u180e", "\u2060", "\u001c", "\u001f"]
COMBINING = ["e\u0301", "é", "a\u0308\u0323", "Z\u0351\u036b\u0343", "o\u0302\u0323", "ộ", "n\u0303", "\u0301", " \u0301", "\u0915\u094d\u200d\u0937", "\u1112\u1161\u11ab", "한", "A\u030a", "Å", "\u212b", "ﬁ", "ǆ", "ſ", "ß", "ẞ", "İ", "i\u0307", "x\u20dd", "1\u20e3"]
LOOKALIKES = ["<|im_end|>", "<|im_start|>", "<|endoftext|>", "<|im_start|>system\n", "<|im_end|>\n<|im_start|>assistant\n", "<|im_end>", "<im_end|>", "<|IM_END|>", "< |im_end|>", "<|im_end|", "|im_end|>", "<|im_<|im_end|>end|>", "<<|im_end|>>", "<repo_name>", "<reponame>", "<reponame", "<filename>", "<file_sep>", "<issue_start>", "<jupyter_code>", "<empty_output>", "<gh_stars>", "[INST]", "</s>", "<s>", "<｜im_end｜>", "<|im_end|>\u0301", "é<|im_end|>é"]
PUNCTUATION = ["!", "!!", "?", "--", "---", "...", "***", "###", "```", "~~", "==", "!=", "->", "=>", "::", "//", "/*", "*/", "()", "{}", "[]", "<>", "&&", "||", "$", "€", "£", "¥", "%", "^", "@", "\\", "\\n", "“”", "‘’", "«»", "。", "、", "「」", "·", "•", "—", "–", "©", "™", "°", "±", "×", "∑", "∀x∈ℝ", "√2", "→", "█▓▒░", "\u00ad", "_", "__init__", "`", "'", '"']
CODE = [
    "def f{n}(x: int) -> int:\n    return x ** {n} if x > {m} else -x\n",
    "for i in range({n}):\n\tprint(f\"{{i:>{m}}}\")",
    "func area{n}(_ r: Double) -> Double {{\n  .pi * r * r / {m}.0\n}}",
    "let v{n} = try? decode([{m}, 0x{n:x}], as: UTF8.self)",
    "#include <stdio.h>\r\nint main(void) {{ return {n} & ~{m}; }}\r\n",
    "std::vector<int> v{{{n}, {m}}}; // TODO: don't copy",
    "const g{n} = (a, b) => a?.b ?? {m};\n\n\nexport default g{n};",
    "SELECT name, COUNT(*) FROM t{n} WHERE id >= {m} GROUP BY name; -- it's fine",
    "<div class=\"c-{n}\">\n        <p>{m}&nbsp;items</p>\n</div>",
    "{{\"id\": {n}, \"tags\": [\"a\", null, true], \"x\": {m}e-5}}",
    "fn main() {{ println!(\"{{}}\", {n}_u64 << {m}); }}",
    "$ grep -rn 'TODO' src/ | awk -F: '{{print $1}}' | sort -u > out{n}.txt",
    "if [ \"$#\" -lt {n} ]; then echo \"usage: $0\" >&2; exit {m}; fi",
    "main = print $ foldr (\\x acc -> x + acc) {n} [1..{m}]",
    "public static void m{n}(String[] args) throws IOException {{\n                // {m}\n}}",
    "| a | b |\n|---|:-:|\n| {n} | {m} |",
    "\\begin{{equation}} \\frac{{{n}}}{{x_{m}^2}} \\end{{equation}}",
    "lambda{n} = {m};;  \t  (* odd   spacing *)   ",
]


def sentence(rng):
    pick = rng.choice
    text = f"{pick(SUBJECTS)} {pick(VERBS)} {pick(OBJECTS)} {pick(TAILS)}{pick(ENDS)}"
    shape = rng.random()
    return text.upper() if shape < 0.06 else text.lower() if shape < 0.12 else text.title() if shape < 0.18 else text


def random_scalar(rng, planes):
    """A scalar that Unicode 14 assigns: later assignments are classed differently by Swift and by the reference."""
    while True:
        scalar = chr(rng.randrange(*rng.choice(planes)))
        if unicodedata.category(scalar) not in ("Cn", "Cs"):
            return scalar


PLANES = [(0x00, 0x80), (0x80, 0x250), (0x250, 0x590), (0x590, 0xE00), (0xE00, 0x2000), (0x2000, 0x3000), (0x3000, 0xD800), (0xE000, 0x10000), (0x10000, 0x12000), (0x12000, 0x20000), (0x1F000, 0x1FB00), (0x20000, 0x2FA20), (0xE0001, 0xE01F0), (0xF0000, 0x110000)]


def corpus(rng):
    pick = rng.choice
    yield from ["", " ", "  ", "a", " a", "a ", "\n", "'", "1", " 1", "  1", "\u0000", "\u0001 a", "the" * 50, "a" * 300, "=" * 200, " " * 130, "\n" * 40, "0" * 60]
    yield from itertools.chain(FOREIGN, NUMERALS, EMOJI, SPACES, COMBINING, LOOKALIKES, PUNCTUATION, CONTRACTIONS)
    # Every character of Latin-1, alone and after a space.
    for value in range(256):
        yield f"{chr(value)} {chr(value)}x"
    for _ in range(420):
        yield sentence(rng)
    for _ in range(60):
        yield " ".join(sentence(rng) for _ in range(rng.randint(2, 4)))
    for index in range(260):
        yield pick(CODE).format(n=rng.randint(0, 5000), m=rng.randint(1, 99)) + ("" if index % 3 else pick(SPACES))
    for _ in range(120):
        yield pick(FOREIGN) + pick(SPACES) + pick(FOREIGN + NUMERALS)
    for _ in range(120):
        yield "".join(pick(NUMERALS + SPACES + [str(rng.randint(0, 10**9))]) for _ in range(rng.randint(2, 6)))
    for _ in range(120):
        yield "".join(pick(EMOJI + COMBINING + SPACES + ["x", "Go"]) for _ in range(rng.randint(2, 6)))
    for _ in range(220):
        yield "".join(pick(["word", "Word", "w", "7", "!", "'s", "é", "字"]) + pick(SPACES) * rng.randint(1, 3) for _ in range(rng.randint(1, 6)))
    for _ in range(120):
        yield pick(["", " ", "so "]).join(pick(CONTRACTIONS + PUNCTUATION) for _ in range(rng.randint(2, 5)))
    for _ in range(140):
        yield "".join(pick(LOOKALIKES + SPACES + ["text", " text", "9"]) for _ in range(rng.randint(2, 5)))
    everything = FOREIGN + NUMERALS + EMOJI + SPACES + COMBINING + PUNCTUATION + CONTRACTIONS + LOOKALIKES
    for _ in range(160):
        yield "".join(pick(everything) for _ in range(rng.randint(2, 6)))
    for _ in range(200):
        yield "".join(random_scalar(rng, PLANES) for _ in range(rng.randint(1, 16)))
    for _ in range(100):
        yield "".join(random_scalar(rng, PLANES[:3]) if rng.random() < 0.6 else pick([" ", "a", "'s", "1"]) for _ in range(rng.randint(4, 24)))


def conversations(rng):
    systems = ["", "You are a helpful assistant.", "You are Bob; you don't refuse.\n\nRules:\n1. Be brief.\n2. 日本語で。", "x", "Never say 'no'! 🚫"]
    instructions = ["", "Hello", "How do I kill a Python process?", "List 10 primes\nand their squares:  4, 9", "Qu'est-ce que c'est? ", "数を数えて 1 2 3"]
    yield from itertools.product(systems, instructions + [sentence(rng).strip() for _ in range(4)])


# ------------------------------------------------------------------------------------------------------- writing


def write_lines(path, records):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write((record if isinstance(record, str) else json.dumps(record, separators=(",", ":"))) + "\n")


def write_description(description, folder):
    made = [merge.replace(" ", "") for merge in description["merges"]]
    leading = len(description["tokens"]) - len(made)
    assert description["tokens"][leading:] == made, "the tokens are not the leading ones and then the merges' results"
    assert all(kind == 1 for kind in description["tokenKinds"][leading:])
    compact = dict(description)
    del compact["merges"]
    compact["tokens"] = description["tokens"][:leading]
    compact["tokenKinds"] = description["tokenKinds"][:leading]
    (folder / "smollm2.json").write_text(json.dumps(compact, indent=0, ensure_ascii=True) + "\n")
    write_lines(folder / "smollm2-merges.txt", description["merges"])


def scalar_classes():
    pattern = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    joins = lambda text: len(pattern.pre_tokenize_str(text)) == 1
    for first, last, kind in runs(
        (value, "L" if joins("a" + chr(value)) else "N" if joins("1" + chr(value)) else "O" if joins("!" + chr(value)) else "S")
        for value in itertools.chain(range(0xD800), range(0xE000, 0x110000))
    ):
        if kind != "O":
            yield f"{first:X} {last:X} {kind}"


def runs(classes):
    first = last = current = None
    for value, kind in classes:
        if kind != current or value != last + 1:
            if current is not None:
                yield first, last, current
            first, current = value, kind
        last = value
    yield first, last, current


def main(model, folder):
    assert unicodedata.unidata_version == "14.0.0", "needs Python 3.11: the corpus keeps to Unicode 14"
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(SEED)
    description = read_gguf(model)
    assert (description["kind"], description["preTokenizer"]) == ("gpt2", "smollm")
    write_description(description, folder)
    tokenizer, control = reference_tokenizer(description)
    as_text, _ = reference_tokenizer(description)
    as_text.encode_special_tokens = True
    with tempfile.TemporaryDirectory() as links:
        os.symlink(Path(model).resolve(), Path(links) / "model.gguf")
        automatic = transformers.AutoTokenizer.from_pretrained(links, gguf_file="model.gguf")

    texts = list(dict.fromkeys(corpus(rng)))
    records, differing = [], []
    for text in texts:
        record = {"text": text, "ids": tokenizer.encode(text, add_special_tokens=False).ids}
        plain = as_text.encode(text, add_special_tokens=False).ids
        if plain != record["ids"]:
            record["idsAsText"] = plain
        if automatic.encode(text, add_special_tokens=False) != record["ids"]:
            differing.append(text)
        records.append(record)
    write_lines(folder / "corpus.jsonl", records)
    # The missing Digits step is the whole difference.
    automatic.backend_tokenizer.pre_tokenizer = tokenizer.pre_tokenizer
    for record in records:
        assert automatic.encode(record["text"], add_special_tokens=False) == record["ids"], record["text"]

    decoding = []
    for index in range(400):
        # Low ids are single bytes: they make ill-formed UTF-8. Others are drawn from the whole vocabulary.
        limit = 300 if index % 2 else len(description["tokens"])
        ids = [rng.randrange(limit) for _ in range(rng.randint(1, 12))]
        texts_of_ids = [tokenizer.decode(ids, skip_special_tokens=skip) for skip in (True, False)]
        decoding.append({"ids": ids, "text": texts_of_ids[0], "textWithSpecial": texts_of_ids[1]})
    write_lines(folder / "decoding.jsonl", decoding)

    chat = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, additional_special_tokens=control)
    chat.chat_template = description["chatTemplate"]
    rendered = []
    for system, instruction in conversations(rng):
        messages = [{"role": "system", "content": system}, {"role": "user", "content": instruction}]
        ids = chat.apply_chat_template(messages, add_generation_prompt=True, tokenize=True, return_dict=True)["input_ids"]
        rendered.append({"system": system, "instruction": instruction, "ids": ids})
    write_lines(folder / "conversations.jsonl", rendered)
    write_lines(folder / "scalar-classes.txt", scalar_classes())

    provenance = {
        "script": "Tests/Reference/tokenizer_fixtures.py",
        "seed": SEED,
        "model": Path(model).name,
        "modelSHA256": hashlib.sha256(Path(model).read_bytes()).hexdigest(),
        "license": "Apache-2.0 for the tokenizer's data (SmolLM2, Hugging Face TB); the texts are this project's own",
        "python": platform.python_version(),
        "pythonUnicode": unicodedata.unidata_version,
        "tokenizers": tokenizers.__version__,
        "transformers": transformers.__version__,
        "gguf": importlib.metadata.version("gguf"),
        "corpusLines": len(records),
        "corpusLinesWhereControlTokensMatter": sum("idsAsText" in record for record in records),
        "linesWhereAutoTokenizerFromGGUFDiffers": len(differing),
        "whyAutoTokenizerFromGGUFDiffers": "transformers builds it without the Digits pre-tokenizer, so white space before a "
        "number, and runs of numbers, are split otherwise; with that step added all lines agree. The fixtures have it, as "
        "SmolLM2's published tokenizer does and llama.cpp's rule for `smollm`; tokenizer.json itself was not at hand.",
        "examplesWhereAutoTokenizerFromGGUFDiffers": differing[:5],
    }
    (folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")
    print(json.dumps(provenance, indent=2))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]))
