"""Pairs of texts that mean the same: from docstrings, whose summary and body do, or from a file.

Of an object with the name ``shutil.copytree``, a summary and a body, four forms of pairs can be made:

    body        summary                   ->  name words, body
    sentence    first sentence of body    ->  name words, summary, rest of body
    name        summary                   ->  name words
    named       name words                ->  summary, body

The first text plays the question, and loses its full stop, as questions have none; the second plays the
document. No text stands on both sides of these pairs. Three more forms bring the words of people who ask
(see `albert_lab.tune.plain`) and who program, two pairs of the fifth and eight of the sixth for each object
or need:

    plain       summary, said differently ->  name words, body (or, every second, the whole)
    need        a need that we wrote      ->  name words, summary, body
    comment     what stands beside a call ->  name words, summary, body
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from albert_lab.errors import InputError
from albert_lab.retrieval.documents import Documented, body_of, document_text, name_words
from albert_lab.retrieval.lexical import words
from albert_lab.text.splits import held_out_bucket, one_line, sentences_of
from albert_lab.text.tables import ENDINGS as TABLES
from albert_lab.text.tables import place, read_rows
from albert_lab.tune.plain import said_differently, summary_as_need, written_needs

FORMS = ("body", "sentence", "name", "named", "plain", "need")
COMMENT = "comment"  # made only where it is asked for: it reads the sources of all packages
PLAIN, NEEDED = 2, 8  # pairs of the last two forms, for each object and each need
OFTEN = 10
_SHORTEST = 3  # words of a text that can play a question
_COMMENTS = 8  # for one object


@dataclass(frozen=True)
class TextPair:
    """A question and the text that answers it; pairs `about` the same are no negatives of each other."""

    query: str
    positive: str
    about: str = ""


def documentation_pairs(
    documents: Iterable[Documented],
    held_out_percent: float = 3.0,
    forms: Sequence[str] = FORMS,
    often: Collection[str] = (),
    comments: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> tuple[list[TextPair], list[TextPair]]:
    """Pairs for training, and (summary, name and body) pairs held out.

    A document is on the held-out side by the hash of its name, as in pretraining, and gives no pair for
    training. Nor does a training document whose summary or body stands in one of them, word for word.

    Args:
        often: packages whose documents are gone through `OFTEN` times, others once. What is said differently
            is so each time anew.
        comments: what stands beside the calls of an object, by its name, for the form "comment".

    Raises:
        InputError: an unknown form.
    """
    unknown = set(forms) - {*FORMS, COMMENT}
    if unknown or not forms:
        raise InputError(f"forms={tuple(forms)}.", expected="some of " + ", ".join((*FORMS, COMMENT)))
    documents = [document for document in documents if len(document.summary.split()) >= _SHORTEST]
    held = [document for document in documents if held_out_bucket(document.name) < held_out_percent]
    names = {document.name for document in held}
    texts = {_plain(text) for document in held for text in (document.summary, body_of(document)) if text}
    training, seen = [], set()
    for document in documents:
        if document.name in names or {_plain(document.summary), _plain(body_of(document))} & texts:
            continue
        made = _pairs_of(document, forms)
        keys = [(_plain(pair.query), _plain(pair.positive)) for pair in made]
        fresh = [pair for pair, key in zip(made, keys, strict=True) if key not in seen]
        seen.update(keys)  # the same method, inherited by many classes
        if fresh or not made:
            times = OFTEN if getattr(document, "package", "") in often else 1
            training += fresh * times + _asked(document, forms, times)
            if COMMENT in forms:
                training += _beside_calls(document, comments.get(document.name, ()))
    return training, _distinct([pair for document in held for pair in _pairs_of(document, ("body",))])


def repeated_pairs(texts: Iterable[str]) -> list[TextPair]:
    """Every text with itself, for training in which dropout is the only difference (SimCSE)."""
    return [TextPair(text, text, text) for text in dict.fromkeys(texts) if text.strip()]


def read_pairs(path: Path | str) -> list[TextPair]:
    """Pairs of a .jsonl, .csv, .tsv or .parquet with columns "query" and "positive".

    A third one, "about", is optional: pairs with the same value are no negatives of each other.

    Raises:
        InputError: no such file, another ending, a table that cannot be read strictly, or a row without the
            two texts (its number is named).
    """
    path = Path(path)
    if path.suffix.lower() not in TABLES or not path.is_file():
        raise InputError(f"{path} is no file of pairs.", expected="a file that ends in " + ", ".join(TABLES))
    pairs = []
    names, mend = ("query", "positive"), "give the two columns of texts these names: query and positive"
    for number, cells in read_rows(path, names, optional=("about",), mend=mend):
        texts = [cells.get(name) if isinstance(cells, dict) else None for name in names]
        if not all(isinstance(text, str) and text.strip() for text in texts):
            raise InputError(
                f"{place(str(path), number)} has no pair.", expected='texts "query" and "positive"'
            )
        about = cells.get("about")
        missing = about is None or about != about  # NaN, as pandas writes it
        pairs.append(TextPair(*texts, about="" if missing else str(about)))
    if not pairs:
        raise InputError(f"{path} holds no pairs.", expected="at least two")
    return pairs


def _pairs_of(document: Documented, forms: Sequence[str]) -> list[TextPair]:
    name, summary, body = name_words(document.name), document.summary, body_of(document)
    first = next((s for s in sentences_of(body) if len(s.split()) >= _SHORTEST), "")
    rest = body.replace(first, "", 1)
    made = {
        "body": (summary, f"{name}. {body}") if body else None,
        "sentence": (first, f"{name}. {summary} {rest}") if first else None,
        "name": (summary, name),
        "named": (name, f"{summary} {body}"),
    }
    chosen = [made[form] for form in forms if made.get(form)]
    return [TextPair(q.strip().rstrip("."), one_line(p), about=document.name) for q, p in chosen]


def _asked(document: Documented, forms: Sequence[str], times: int) -> list[TextPair]:
    """The pairs of the forms "plain" and "need": the same for the same document, whatever the others are."""
    rng, name, body = random.Random(document.name), name_words(document.name), body_of(document)
    whole = document_text(document)
    parts = (one_line(f"{name}. {body}") if body else whole, whole)
    made = []
    for number in range(times * PLAIN * ("plain" in forms)):
        made.append((summary_as_need(document.summary, name, rng), parts[number % 2]))
    for need in written_needs().get(document.name, ()) if "need" in forms else ():
        made += [(said_differently(need, rng), whole) for _ in range(times * NEEDED)]
    return [TextPair(query, positive, about=document.name) for query, positive in made]


def _beside_calls(document: Documented, comments: Sequence[str]) -> list[TextPair]:
    """Pairs of the comments that are long enough, each once, evenly spaced where there are many."""
    told = [text for text in dict.fromkeys(comments) if len(words(text)) >= _SHORTEST]
    told = told[:: max(1, -(-len(told) // _COMMENTS))]
    return [TextPair(one_line(text), document_text(document), about=document.name) for text in told]


def _distinct(pairs: list[TextPair]) -> list[TextPair]:
    """One pair for each query: two with the same summary could not be told apart."""
    return list({_plain(pair.query): pair for pair in pairs}.values())


def _plain(text: str) -> str:
    return " ".join(words(text))
