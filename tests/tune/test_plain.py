"""Needs in plain words: what the two files hold, and how a text is said differently."""

from __future__ import annotations

import random
from collections import Counter

from albert_lab.retrieval.questions import development_questions
from albert_lab.text.corpus import build_corpus
from albert_lab.tune.plain import everyday_words, said_differently, summary_as_need, written_needs


def test_needs_are_about_objects_that_exist_and_ask_no_development_question():
    documented = {document.name for document in build_corpus("stdlib", progress=False)}
    needs = written_needs()
    # Other Python versions document a little more or less.
    assert len(set(needs) - documented) < 0.05 * len(needs)
    written = {_letters(need) for each in needs.values() for need in each}
    assert len(written) > 1000
    assert not written & {_letters(question.question) for question in development_questions()}
    assert all(need for each in needs.values() for need in each)


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def test_one_line_may_name_several_objects():
    needs = written_needs()
    assert set(needs["os.remove"]) & set(needs["pathlib.Path.unlink"])


def test_everyday_words_of_plurals():
    assert everyday_words()["directory"] == ("folder",)
    assert everyday_words()["files"] == everyday_words()["file"]
    assert all(word == word.lower() and others for word, others in everyday_words().items())


def test_a_text_is_said_in_other_words():
    rng = random.Random(0)
    said = [said_differently("Delete an entire directory tree now", rng) for _ in range(2000)]
    words = Counter(word for text in said for word in text.split())
    assert 0.30 < words["folder"] / 2000 < 0.40
    assert words["folder"] + words["directory"] < 2000, "at times the word is left out"
    assert 0.06 < 1 - words["tree"] / 2000 < 0.18
    assert 0.10 < sum(text.startswith(("how ", "i ")) for text in said) / 2000 < 0.20
    assert all(said)
    assert said_differently("Delete a directory", random.Random(5)) == said_differently(
        "Delete a directory", random.Random(5)
    )


def test_a_question_gets_no_second_beginning():
    rng = random.Random(1)
    said = [said_differently("which files are open", rng) for _ in range(200)]
    assert not any(text.startswith(("how to", "how do", "i ")) for text in said)


def test_short_texts_keep_their_words():
    rng = random.Random(2)
    assert {said_differently("zebra crossing", rng).split(" ")[-1] for _ in range(200)} == {"crossing"}
    assert all(said_differently("the", rng) for _ in range(50))


def test_a_summary_as_a_need():
    rng = random.Random(3)
    said = [summary_as_need("Return the zebra of grass.", "zoo zebra", rng) for _ in range(400)]
    assert any(text.startswith("Return") for text in said)
    assert any("Return" not in text for text in said)
    assert 0.3 < sum("zebra" not in text for text in said) / 400 < 0.7
    assert all(text and not text.endswith(".") for text in said)
