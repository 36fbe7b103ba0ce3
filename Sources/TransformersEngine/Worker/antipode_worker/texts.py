"""A model's own tokenizer and chat template, for a driver that does not know them.

The driver's rule stands here too: the spelling of a control token is that token in the template's text alone. In
anybody else's text it is text, so that nobody can end a turn by writing so.
"""

import datetime
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import tokenizers
import transformers
from transformers.utils import chat_template_utils

from .errors import WorkerError

#: The kinds of tokens, numbered as in GGUF.
NORMAL, CONTROL, USER_DEFINED, UNUSED = 1, 3, 4, 5
#: The bits of how a token that is cut out of text is found there, numbered as the driver does.
STRIPS_LEFT, STRIPS_RIGHT, SINGLE_WORD = 1, 2, 4


@dataclass(frozen=True)
class Piece:
    """A part of a text. Parts that adjoin are one text."""

    text: str
    #: Whether it is the template's own, in which control tokens are told by their spelling.
    is_own: bool


@dataclass
class Texts:
    """A tokenizer, as the library has it."""

    path: Path
    tokenizer: transformers.PreTrainedTokenizerBase
    #: The tokens that are cut out of text whole, by id.
    added: dict[int, tokenizers.AddedToken] = field(init=False)
    #: Tokenizers to which the spellings of some tokens mean nothing, by these tokens and the marks that stand for them.
    _masked: dict[tuple[frozenset[int], str], "Masked"] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.added = dict(self.tokenizer.added_tokens_decoder)

    # What it is

    def described(self) -> dict[str, Any]:
        """The vocabulary, and which of its tokens are more than text."""
        vocabulary = self.tokenizer.get_vocab()
        count = 1 + max([*vocabulary.values(), *self.added], default=-1)
        tokens: list[str | None] = [None] * count
        kinds = [UNUSED] * count
        for spelling, place in vocabulary.items():
            tokens[place], kinds[place] = spelling, NORMAL
        special, flags = set(self.tokenizer.all_special_ids), []
        for place, token in self.added.items():
            tokens[place] = token.content
            kinds[place] = CONTROL if token.special or place in special else USER_DEFINED
            bits = STRIPS_LEFT * token.lstrip + STRIPS_RIGHT * token.rstrip + SINGLE_WORD * token.single_word
            if bits:
                flags.append([place, bits])
        for place in special & set(range(count)):
            kinds[place] = CONTROL
        first = self.tokenizer("a")["input_ids"][:1]
        beginning = self.tokenizer.bos_token_id
        return {
            "tokens": [f"<unused {place}>" if token is None else token for place, token in enumerate(tokens)],
            "kinds": kinds,
            "flags": flags,
            "beginning": beginning,
            "end": self.tokenizer.eos_token_id,
            "unknown": self.tokenizer.unk_token_id,
            "ends": self._ends(),
            "addsBeginning": beginning is not None and first == [beginning],
            "chatTemplate": self._template(),
            "library": f"transformers {transformers.__version__}, tokenizers {tokenizers.__version__}",
        }

    def _ends(self) -> list[int]:
        """What the configurations beside it say ends an answer."""
        found: list[int] = []
        for name in ("generation_config.json", "config.json"):
            try:
                stated = json.loads((self.path / name).read_text()).get("eos_token_id")
            except (OSError, ValueError, AttributeError):
                continue
            found += stated if isinstance(stated, list) else [stated]
        return [end for end in dict.fromkeys(found) if isinstance(end, int)]

    def _template(self) -> str | None:
        template = self.tokenizer.chat_template
        return template.get("default") if isinstance(template, dict) else template

    # Texts to tokens, and back

    def encode(self, pieces: list[Piece], continuing: bool, withheld: list[int]) -> list[int]:
        """The ids of parts of a text, as the one text that they are.

        - continuing: whether it goes on from other text, so that nothing is put in front of it.
        - withheld: tokens that only the template speaks, although they are not control tokens.
        """
        special = set(self.tokenizer.all_special_ids)
        hidden = frozenset(
            place for place, token in self.added.items() if token.special or place in special or place in withheld
        )
        pieces = [piece for piece in pieces if piece.text]
        if not pieces:
            return []
        if continuing:
            # Behind something that no word reaches over: what the library puts in front of a text stands before that.
            anchors = (".", "\n", ")") if pieces[0].text[0].isalnum() else ("a", ".", "1")
            for anchor in anchors:
                before = self._encoded([Piece(anchor, False)], hidden)
                whole = self._encoded([Piece(anchor, False), *pieces], hidden)
                if before and whole[: len(before)] == before:
                    return whole[len(before) :]
        return self._encoded(pieces, hidden)

    def _encoded(self, pieces: list[Piece], hidden: frozenset[int]) -> list[int]:
        text = "".join(piece.text for piece in pieces)
        own = spans(pieces)
        names = {self.added[place].content for place in hidden if self.added[place].content}
        spoken = [
            match.span()
            for name in names
            if name in text
            for match in re.finditer(f"(?={re.escape(name)})", text)
            if not any(first <= match.start() and match.start() + len(name) <= last for first, last in own)
        ]
        if not spoken:
            return self.tokenizer(text, add_special_tokens=False)["input_ids"]
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        if not isinstance(backend, tokenizers.Tokenizer):
            return self._encoded_apart(text, own, names)
        stem = "qzxj"
        while stem in text.lower():
            stem += "q"
        if (hidden, stem) not in self._masked:
            self._masked[hidden, stem] = Masked(backend, {place: self.added[place].content for place in hidden}, stem)
        return self._masked[hidden, stem].encode(text, own)

    def _encoded_apart(self, text: str, own: list[tuple[int, int]], names: set[str]) -> list[int]:
        """For tokenizers without a fast core: what stands between the template's control tokens, each by itself."""
        ids: list[int] = []
        start = 0
        for first, last, name in found(text, own, names):
            ids += self.tokenizer(text[start:first], add_special_tokens=False, split_special_tokens=True)["input_ids"]
            ids.append(self.tokenizer.convert_tokens_to_ids(name))
            start = last
        rest = self.tokenizer(text[start:], add_special_tokens=False, split_special_tokens=True)["input_ids"]
        return ids + rest

    def decode(self, tokens: list[int], skips_special: bool) -> str:
        """The text of tokens; those that are in no vocabulary are skipped."""
        count = len(self.tokenizer)
        known = [token for token in tokens if 0 <= token < max(count, 1 + max(self.added, default=-1))]
        return self.tokenizer.decode(known, skip_special_tokens=skips_special)

    # Conversations

    def render(self, source: str, messages: list[dict[str, Any]], variables: dict[str, Any], day: list[int]) -> str:
        """What a template makes of a conversation.

        - day: what it is told that today is; the clock would be another conversation each day.
        """
        try:
            with dated(datetime.datetime(*day)):
                return self.tokenizer.apply_chat_template(messages, chat_template=source, tokenize=False, **variables)
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise WorkerError("request", " ".join(str(error).split()) or type(error).__name__) from error


class Masked:
    """A tokenizer in which some tokens are spelled by marks that no text holds, under the ids that they have."""

    def __init__(self, backend: tokenizers.Tokenizer, hidden: dict[int, str], stem: str) -> None:
        self.marks = {content: f"{stem}{place}x" for place, content in hidden.items() if content}
        state = json.loads(backend.to_str())
        state["post_processor"] = None
        for token in state["added_tokens"]:
            token["content"] = self.marks.get(token["content"], token["content"])
        try:
            self.core = tokenizers.Tokenizer.from_str(json.dumps(renamed(state, self.marks)))
        except Exception:  # noqa: BLE001, the library raises nothing narrower
            # Merges that make such a token: there its spelling stays a word of the vocabulary.
            self.core = tokenizers.Tokenizer.from_str(json.dumps(state))
        self.ids = {self.core.token_to_id(self.marks[content]): place for place, content in hidden.items() if content}

    def encode(self, text: str, own: list[tuple[int, int]]) -> list[int]:
        """The ids of a text, in which these tokens count within some spans alone."""
        parts, start = [], 0
        for first, last, name in found(text, own, set(self.marks)):
            parts += [text[start:first], self.marks[name]]
            start = last
        ids = self.core.encode("".join([*parts, text[start:]]), add_special_tokens=False).ids
        return [self.ids.get(place, place) for place in ids]


@contextmanager
def dated(day: datetime.datetime) -> Iterator[None]:
    """A day on which templates are run: what they are told of the time is the library's own clock."""

    class Clock:
        @staticmethod
        def now() -> datetime.datetime:
            return day

    before = chat_template_utils.datetime
    chat_template_utils.datetime = Clock
    try:
        yield
    finally:
        chat_template_utils.datetime = before


def renamed(state: dict[str, Any], marks: dict[str, str]) -> dict[str, Any]:
    """A tokenizer's description with other spellings in its vocabulary."""
    model = dict(state["model"])
    vocabulary = model.get("vocab")
    if isinstance(vocabulary, dict):
        model["vocab"] = {marks.get(token, token): place for token, place in vocabulary.items()}
    elif isinstance(vocabulary, list):
        model["vocab"] = [[marks.get(token, token), score] for token, score in vocabulary]
    if model.get("unk_token") in marks:
        model["unk_token"] = marks[model["unk_token"]]
    return {**state, "model": model}


def spans(pieces: list[Piece]) -> list[tuple[int, int]]:
    """Where the template's own text stands in the whole; parts of it that adjoin are one."""
    own: list[tuple[int, int]] = []
    end = 0
    for piece in pieces:
        start, end = end, end + len(piece.text)
        if piece.is_own and own and own[-1][1] == start:
            own[-1] = (own[-1][0], end)
        elif piece.is_own:
            own.append((start, end))
    return own


def found(text: str, own: list[tuple[int, int]], names: set[str]) -> list[tuple[int, int, str]]:
    """The names within some spans of a text: the leftmost first, and the longest of those that begin there."""
    if not names:
        return []
    pattern = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)))
    return [
        (first + match.start(), first + match.end(), match.group())
        for first, last in own
        for match in pattern.finditer(text[first:last])
    ]


def load(path: Path) -> Texts:
    """The tokenizer of a folder, or of a GGUF file where transformers can read it."""
    place, options = (path, {}) if path.is_dir() else (path.parent, {"gguf_file": path.name})
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            place, local_files_only=True, trust_remote_code=False, **options
        )
    except Exception as error:
        message = " ".join(str(error).split())
        raise WorkerError(
            "model", f"{path}: transformers {transformers.__version__} can't read its tokenizer either: {message[:400]}"
        ) from error
    return Texts(path, tokenizer)
