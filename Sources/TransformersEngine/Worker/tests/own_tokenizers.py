"""Tiny tokenizers of kinds that our own do not have, trained by nothing: their vocabularies are written out.

As a script, it writes a Llama of the tests' size with each: `python own_tokenizers.py FOLDER`.
"""

import sys
from pathlib import Path

import torch
from checkpoints import VOCABULARY, network, tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

LETTERS = "abcdefghijklmnopqrstuvwxyz"
SIGNS = "0123456789.,:;!?'\"()-/\n"
WORDS = ["the", "and", "you", "is", "are", "how", "what", "do", "an", "egg", "boil", "please", "tell", "me", "of"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[TURN]", "[END]"]
#: A conversation in control tokens alone.
TEMPLATE = (
    "{% for message in messages %}{{ '[TURN]' + message['role'] + ': ' + message['content'] + '[END]' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '[TURN]assistant: ' }}{% endif %}"
)
#: The same with a block that a template of another could change, which ours does not run.
BLOCKS = (
    "{% for message in messages %}{{ '[TURN]' + message['role'] + ': ' + message['content'] + '[END]' }}{% endfor %}"
    "{% block opening %}{% if add_generation_prompt %}{{ '[TURN]assistant: ' }}{% endif %}{% endblock %}"
)
KINDS = ["wordpiece", "unigram", "wordlevel"]


def core(kind: str) -> Tokenizer:
    """A tokenizer of a kind, with the special tokens first."""
    if kind == "wordpiece":
        tokens = [*SPECIAL, *LETTERS, *SIGNS.strip(), *WORDS, *(f"##{letter}" for letter in LETTERS)]
        made = Tokenizer(models.WordPiece(vocab=numbered(tokens), unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
    elif kind == "unigram":
        words = [f"▁{word}" for word in WORDS]
        pieces = [(token, 0.0) for token in SPECIAL] + [("▁", -2.0)] + [(word, -3.0) for word in words]
        pieces += [(letter, -8.0 - place / 100) for place, letter in enumerate(LETTERS + SIGNS + LETTERS.upper())]
        made = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=False))
        made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
        made.decoder = decoders.Metaspace(prepend_scheme="always")
    else:
        tokens = [*SPECIAL, *WORDS, *LETTERS, *SIGNS.strip()]
        made = Tokenizer(models.WordLevel(vocab=numbered(tokens), unk_token="[UNK]"))
        made.normalizer = normalizers.Lowercase()
        made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", pair="[CLS] $A $B", special_tokens=[("[CLS]", SPECIAL.index("[CLS]"))]
    )
    return made


def numbered(tokens: list[str]) -> dict[str, int]:
    return {token: place for place, token in enumerate(dict.fromkeys(tokens))}


def own(kind: str, template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """The tokenizer of a kind with a chat template, as transformers has it."""
    made = PreTrainedTokenizerFast(
        tokenizer_object=core(kind), pad_token="[PAD]", unk_token="[UNK]", bos_token="[CLS]", eos_token="[END]"
    )
    made.chat_template = template
    return made


def write(folder: Path, made: PreTrainedTokenizerFast) -> None:
    """Writes a Llama that answers with a tokenizer's letters, beside the tokenizer."""
    model = network("llama")
    letters = [place for place in made.convert_tokens_to_ids(list(LETTERS)) if place is not None]
    others = torch.ones(VOCABULARY, dtype=torch.bool)
    others[letters] = False
    with torch.no_grad():
        head = model.get_output_embeddings().weight
        head[others] = 0
        # Of a row and its negative one is above 0, where the others are.
        head[letters[13:]] = -head[letters[:13]]
    model.config.eos_token_id = model.generation_config.eos_token_id = made.eos_token_id
    model.save_pretrained(folder)
    made.save_pretrained(folder)


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for name in KINDS:
        write(root / name, own(name))
    write(root / "plain", own("wordpiece", template=None))
    blocks = tokenizer()
    blocks.chat_template = BLOCKS.replace("[TURN]", "<|im_start|>").replace("[END]", "<|im_end|>")
    write(root / "blocks", blocks)
