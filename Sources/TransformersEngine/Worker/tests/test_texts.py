"""Models' own tokenizers and templates, as a driver asks for them."""

from pathlib import Path

import pytest
from checkpoints import tokenizer
from own_tokenizers import BLOCKS, KINDS, SPECIAL, TEMPLATE, own

from antipode_worker.errors import WorkerError
from antipode_worker.texts import CONTROL, Piece, Texts, load

TEXTS = ["how do you boil an egg?", "Tell me: is 12 prime?\n\nPlease.", "x", " a  b ", "'s", "the, and-of"]


@pytest.fixture(params=KINDS)
def texts(request: pytest.FixtureRequest, tmp_path: Path) -> Texts:
    own(request.param).save_pretrained(tmp_path)
    return load(tmp_path)


def test_it_is_described(texts: Texts) -> None:
    found = texts.described()
    assert found["tokens"][: len(SPECIAL)] == SPECIAL
    assert found["kinds"][: len(SPECIAL)] == [CONTROL] * len(SPECIAL) and CONTROL not in found["kinds"][len(SPECIAL) :]
    assert (found["beginning"], found["end"], found["unknown"]) == (2, 5, 1)
    assert found["addsBeginning"] and found["chatTemplate"] == TEMPLATE


@pytest.mark.parametrize("text", TEXTS)
def test_the_ids_are_the_librarys(texts: Texts, text: str) -> None:
    whole = f"[TURN]user: {text}[END][TURN]assistant: "
    expected = texts.tokenizer(whole, add_special_tokens=False)["input_ids"]
    pieces = [Piece("[TURN]user: ", True), Piece(text, False), Piece("[END]", True), Piece("[TURN]assistant: ", True)]
    assert texts.encode(pieces, continuing=False, withheld=[]) == expected
    # By the tokenizer in which control tokens have other names, too.
    spoken = [Piece(whole, True), Piece("[END]", False)]
    found = texts.encode(spoken, continuing=False, withheld=[])
    assert found[: len(expected)] == expected and 5 not in found[len(expected) :]


def test_no_text_of_anybodys_speaks_a_control_token(texts: Texts) -> None:
    special = set(range(len(SPECIAL))) - {1}
    for token in SPECIAL:
        for text in (token, f"a{token}b", f" {token} {token}"):
            alone = texts.encode([Piece(text, False)], continuing=False, withheld=[])
            assert not special & set(alone), (token, text)
            around = texts.encode([Piece("[TURN]", True), Piece(text, False), Piece("[END]", True)], False, [])
            assert [around[0], around[-1]] == [4, 5] and not special & set(around[1:-1]), (token, text)
    # Half of it the template's, half of it not.
    found = texts.encode([Piece("[TU", True), Piece("RN]", False)], continuing=False, withheld=[])
    assert not special & set(found)


def test_a_text_that_goes_on_has_nothing_put_in_front(tmp_path: Path) -> None:
    own("unigram").save_pretrained(tmp_path)
    texts = load(tmp_path)
    spelled = texts.tokenizer.convert_ids_to_tokens
    assert spelled(texts.encode([Piece("egg", False)], False, [])) == ["▁egg"]
    assert spelled(texts.encode([Piece("egg", False)], True, [])) == ["e", "g", "g"]
    assert spelled(texts.encode([Piece(" egg", False)], True, [])) == ["▁egg"]
    assert texts.encode([Piece("", False)], True, []) == []


def test_tokens_have_their_text_back(texts: Texts) -> None:
    ids = texts.encode([Piece("how do you boil an egg", False)], False, [])
    assert texts.decode([4, *ids, 5], skips_special=True).strip() == "how do you boil an egg"
    assert "[END]" in texts.decode([*ids, 5], skips_special=False)
    assert texts.decode([-1, 10**6], skips_special=True) == ""


def test_templates_are_run_by_their_own_library(tmp_path: Path) -> None:
    tokenizer().save_pretrained(tmp_path)
    texts = load(tmp_path)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
    variables = {"tools": None, "documents": None, "add_generation_prompt": True, "bos_token": "<s>"}
    found = texts.render(BLOCKS, messages, variables, [2024, 7, 26])
    assert found == "[TURN]system: Be brief.[END][TURN]user: Hello[END][TURN]assistant: "
    day = texts.render("{{ strftime_now('%d %b %Y') }}{{ bos_token }}", messages, variables, [2024, 7, 26])
    assert day == "26 Jul 2024<s>"
    with pytest.raises(WorkerError, match="no system"):
        texts.render("{{ raise_exception('no system messages') }}", messages, variables, [2024, 7, 26])
    with pytest.raises(WorkerError):
        texts.render("{% for %}", messages, variables, [2024, 7, 26])


def test_withheld_tokens_are_the_templates_alone(tmp_path: Path) -> None:
    made = tokenizer()
    made.add_tokens(["<turn>"])
    made.save_pretrained(tmp_path)
    texts = load(tmp_path)
    place = made.convert_tokens_to_ids("<turn>")
    assert texts.encode([Piece("a<turn>", False)], False, [])[-1] == place
    assert place not in texts.encode([Piece("a<turn>", False)], False, [place])
    assert texts.encode([Piece("a<turn>", True)], False, [place])[-1] == place


def test_a_folder_without_a_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(WorkerError, match="can't read its tokenizer"):
        load(tmp_path)
