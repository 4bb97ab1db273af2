"""The glossary has every symbol and every bold term of the chapters, and says what it must of each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from nbformat import NotebookNode

from albert_lab import viz
from albert_lab.errors import InputError
from albert_lab.viz.glossary import chapters, filled, terms
from tests.notebooks.normal import named, read

NUMBERED = [path for path in named(()) if path.stem[0].isdigit()]
WORDS = "Words of this chapter"
LABELS = (
    "optional",
    "check yourself",
    "it is tempting to think",
    "do",
    "next question",
    "to read on",
    "can you?",
)
# Bold that stresses a word and names nothing. New chapters stress with *italics*.
STRESSED = {
    "adding", "multiplying", "added", "cannot", "not", "and", "bare", "a", "add x",
    "add a", "last", "input", "cut", "different", "sum", "add", "two", "stored", "passed", "wide",
    "smoother", "do not converge", "one", "predict", "base", "first", "second", "fresh", "roughened", "asked",
    "twice",
    "choosing", "reporting", "why", "row", "click", "double-click", "layer", "between", "times", "test",
    "set", "squares", "neighbours", "one step", "for its width", "at one depth", "at all depths",
    "where it looks",
    "each token alone", "repeating one map", "distance is built in", "other words", "too many neighbours",
    "the list is too narrow", "this token's features", "open it next", "name", "notes",
    "recorded", "not in the index", "rare objects", "needs in plain words", "fewer layers", "more data",
    "trivial", "words",
}  # fmt: skip
# Terms of chapter 12 as it is being rewritten; to be taken out when that is there.
REWRITTEN: set[str] = set()
# What LaTeX writes with letters and is no symbol of ours.
LATEX = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end)\{[^}]*\}|\\(?:top|ast|infty|partial|tilde|bar|hat|dots|cdots)\b"
)
SYMBOL = re.compile(r"\\(?:mathcal|mathbb)\{?\s*[A-Z]\}?|\\[A-Za-z]+|[A-Za-z]")
GREEK = re.compile(
    r"\\(?:var)?(?:alpha|beta|gamma|delta|epsilon|eta|theta|lambda|mu|pi|sigma|tau|phi|omega|ell"
    r"|Pi|Phi|Lambda|Sigma|Delta)(?![A-Za-z])"
)


def prose(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            yield re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)


def bold_terms(text: str) -> list[str]:
    """What is bold because it is a term, and no heading, sentence, number or code."""
    found, listed = [], False
    for match in re.finditer(r"\*\*(.+?)\*\*", text):
        said, before = match[1], text[: match.start()].rpartition("\n")[2]
        plain = said.rstrip(".:?, ").lower()
        if plain in LABELS or said.startswith(WORDS):
            listed = said.startswith(WORDS)
            continue
        starts_a_line = not before.strip("->*0123456789. |") and said[0].isupper()
        if not listed and (starts_a_line or said[-1] in ".:?,"):
            continue
        if re.search(r'[`\[$=²→+"]', said) or not re.search("[a-zA-Z]", said) or len(said.split()) > 5:
            continue
        found.append(plain)
    return found


def symbols(formulas: str) -> set[str]:
    """Letters of every alphabet in LaTeX."""
    found = {re.sub(r"[{}\s]", "", each) for each in SYMBOL.findall(LATEX.sub(" ", formulas))}
    return {
        each for each in found if each[0] != "\\" or each[:6] in ("\\mathc", "\\mathb") or GREEK.match(each)
    }


def formulas(text: str) -> str:
    inside = re.findall(r"\$\$(.+?)\$\$|\$(?!\$)(.+?)\$", re.sub(r"`[^`]*`", "", text), re.DOTALL)
    return " ".join(display or line for display, line in inside)


KNOWN = {form.lower() for each in terms() for form in each.forms}


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_every_bold_term_is_in_the_glossary(path):
    met = [word for text in prose(read(path)) for word in bold_terms(text)]
    missing = sorted({word for word in met if not {word, word.removesuffix("s")} & KNOWN} - STRESSED)
    assert missing == [], "put them into albert_lab/viz/glossary/terms.yaml, or stress with *italics*"


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_every_symbol_is_in_the_glossary(path):
    used = symbols(" ".join(map(formulas, prose(read(path)))))
    assert sorted(used - symbols(" ".join(each.symbol for each in terms()))) == []


def test_the_extractor_knows_terms_from_headings_and_stress():
    text = (
        "**Predict.** Is the **dot product** large?\n\n- **Mean pooling:** no\n| **01** | **`a` 3** |\n"
        "It is the **rank**, says **one very long sentence in bold type**.\n\n"
        "**Words of this chapter.** **Hook:** a function. **Rank:** of a matrix.\n\n**Do.** more **cosine**"
    )
    assert bold_terms(text) == ["dot product", "rank", "hook", "rank", "cosine"]
    assert symbols(formulas(r"$\frac{\mu}{x_i}$ and `$y$` and $$\mathcal L \text{ of } W_Q$$")) == {
        "\\mu", "x", "i", "\\mathcalL", "W", "Q",
    }  # fmt: skip


def test_no_stressed_word_is_a_term():
    assert set() == STRESSED & KNOWN


def test_entries_are_whole_short_and_there_once():
    assert [name for name, count in Counter(each.term for each in terms()).items() if count > 1] == []
    for each in terms():
        assert len(each.says.split()) <= 25, each.term
        assert each.says[-1] == ".", each.term
        assert each.zh, each.term
        assert "—" not in each.says, each.term


def test_the_list_names_every_chapter():
    assert {path.stem: path.stem.partition("_")[0] for path in NUMBERED} == {
        told["file"]: number for number, told in chapters().items()
    }


def test_a_term_is_met_in_the_chapter_that_is_said_to_use_it_first():
    texts = {number: "\n".join(prose(read(path))) for number in chapters() for path in named([number])}
    used = {number: symbols(formulas(text)) for number, text in texts.items()}
    for each in terms():
        if each.chapter not in texts or each.term in REWRITTEN:
            continue
        text = texts[each.chapter]
        if each.group in ("sizes", "letters"):
            assert symbols(each.symbol) & (used[each.chapter] | set(re.findall(r"\b[A-Z]\b", text))), (
                each.term
            )
        else:
            assert any(form.lower() in text.lower() for form in each.forms), each.term


def test_tables_show_every_term_and_no_term_as_html():
    told = viz.glossary()._repr_mimebundle_()
    for each in terms():
        assert f"| {each.term} | {each.zh} |" in told["text/markdown"]
        assert each.says in told["text/plain"]
    assert "<pad>" not in told["text/markdown"]
    assert "Axes and sizes" not in repr(viz.glossary("looking"))
    with pytest.raises(InputError, match="no group 'none'"):
        viz.glossary("none")


def test_words_are_filled_in():
    assert filled("<Query> of <LayerNorm>", "en") == "Query of LayerNorm"
    assert filled("{token} 的<query>", "zh") == "{token} 的查询"
    with pytest.raises(KeyError):
        filled("<no such term>", "en")
