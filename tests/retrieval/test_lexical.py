from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from albert_lab.retrieval import lexical
from albert_lab.retrieval.lexical import (
    LexicalIndex,
    NameSplitter,
    document_terms,
    is_whole,
    seal,
    stem,
    terms,
    words,
)
from albert_lab.text.corpus import Document


def document(name: str, summary: str = "", *paragraphs: str) -> Document:
    return Document(name, "function", "package", "1", "", summary, paragraphs, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("copy_tree(srcDir, HTTPServer2)", ["copy", "tree", "src", "dir", "http", "server2"]),
        ("os.path.join", ["os", "path", "join"]),
        ("Größe 中文 naïve", ["größe", "中文", "naïve"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_the_forms_of_a_word_share_a_stem():
    for forms in (
        ["copy", "copies", "copied", "copying"],
        ["file", "files"],
        ["stop", "stops", "stopped", "stopping"],
        ["remove", "removes", "removed", "removing"],
        ["class", "classes"][:1],
        ["directory", "directories"],
        ["return", "returns", "returned", "returning"],
    ):
        assert len({stem(form) for form in forms}) == 1, forms
    assert len({stem(word) for word in ("file", "class", "thread", "key", "string", "port", "tree")}) == 7


def test_words_that_say_nothing_are_left_out():
    assert terms("How do I copy the tree?") == [stem("copy"), stem("tree")]


@pytest.fixture
def splitter(monkeypatch) -> NameSplitter:
    monkeypatch.setattr(lexical, "_COMMON", 2)
    return NameSplitter(
        ["copy a tree or a list of trees"] * 3 + ["list dir copy of it"] * 2 + ["rare copytree"]
    )


def test_names_written_in_one_go_are_split_into_common_words(splitter):
    assert splitter.split("copytree") == ["copy", "tree"]
    assert splitter.split("listdir") == ["list", "dir"]
    assert splitter.split("treesof") == ["trees", "of"]
    for whole in ("copy", "rare", "raretree", "xcopy", ""):
        assert splitter.split(whole) == []


def test_the_most_probable_split_wins(splitter):
    counts = Counter(
        words("copy a tree or a list of trees " * 3 + "list dir copy of it " * 2 + "rare copytree")
    )
    total = sum(counts.values())
    splitter._cost |= {"cop": math.log(total), "ytree": math.log(total)}
    assert splitter.split("copytree") == ["copy", "tree"]


def test_a_document_is_found_by_name_owners_summary_and_prose(splitter):
    found = Counter(document_terms(document("shutil.copytree", "Copy it all.", "Some prose."), splitter))
    assert found[stem("copytree")] == found[stem("tree")] == 4
    assert found[stem("shutil")] == 2
    assert found[stem("copy")] == 4 + 2
    assert found[stem("prose")] == 1


DOCUMENTS = [
    document("a.first", "cat dog"),
    document("a.second", "cat cat fish", "a longer text about a fish and another fish"),
    document("b.third", "bird"),
    document("b.fourth"),
]


def test_scores_are_bm25():
    index = LexicalIndex.build(DOCUMENTS)
    splitter = NameSplitter([])
    bags = [Counter(document_terms(each, splitter)) for each in DOCUMENTS]
    mean_length = sum(map(Counter.total, bags)) / len(bags)
    question = terms("cat fish")
    by_hand = []
    for bag in bags:
        score = 0.0
        for term in question:
            holding = sum(term in other for other in bags)
            rarity = math.log(1 + (len(bags) - holding + 0.5) / (holding + 0.5))
            length = 1 - lexical.B + lexical.B * bag.total() / mean_length
            score += rarity * bag[term] / (bag[term] + lexical.K1 * length)
        by_hand.append(score)
    np.testing.assert_allclose(index.scores("Cats, fish!"), by_hand, rtol=1e-5)


@pytest.mark.parametrize("question", ["unheard", "the of", "", "?!", "\ud800"])
def test_a_question_without_a_known_word_scores_nothing(question):
    assert LexicalIndex.build(DOCUMENTS).scores(question).tolist() == [0, 0, 0, 0]


MORE = {"needs": {"b.third": ["a pet that sings"]}, "comments": {"a.first": ["feed the cat", "no dog"]}}


def test_fields_are_scored_apart():
    index, plain = LexicalIndex.build(DOCUMENTS, MORE), LexicalIndex.build(DOCUMENTS)
    assert (index.scores("cat sings", "needs") > 0).tolist() == [False, False, True, False]
    assert (index.scores("cat sings", "comments") > 0).tolist() == [True, False, False, False]
    np.testing.assert_array_equal(index.scores("cat sings"), plain.scores("cat sings"))
    assert plain.scores("cat sings", "needs").tolist() == [0, 0, 0, 0]
    assert LexicalIndex.build(DOCUMENTS, {"needs": {}}).scores("cat", "needs").tolist() == [0, 0, 0, 0]


def test_rarity_is_what_bm25_multiplies_with_and_coverage_its_part_of_what_could_be():
    index = LexicalIndex.build(DOCUMENTS)
    assert index.rarity("cat") == pytest.approx(math.log(1 + 2.5 / 2.5))
    assert index.rarity("bird") == pytest.approx(math.log(1 + 3.5 / 1.5))
    assert index.rarity("unheard") == pytest.approx(math.log(1 + 4.5 / 0.5))
    scores = index.scores("cat bird unheard")
    expected = scores / (index.rarity("cat") + index.rarity("bird"))
    np.testing.assert_allclose(index.coverage("cat bird unheard", scores), expected, rtol=1e-6)
    assert index.coverage("unheard", np.zeros(4)).tolist() == [0, 0, 0, 0]


def test_saved_and_loaded_it_is_the_same(tmp_path):
    index = LexicalIndex.build(DOCUMENTS, MORE)
    index.save(tmp_path)
    again = LexicalIndex.load(tmp_path)
    for field in ("documents", "needs", "comments"):
        np.testing.assert_array_equal(again.scores("cat fish", field), index.scores("cat fish", field))


def test_a_sealed_folder_is_whole_until_a_byte_changes(tmp_path):
    new, folder = tmp_path / "new", tmp_path / "folder"
    new.mkdir()
    (new / "a").write_text("content")
    (new / "part").mkdir()
    (new / "part" / "b").write_text("below")
    assert not is_whole(new)
    seal(new, folder)
    assert is_whole(folder)
    assert not new.exists()
    (folder / "a").write_text("contents")
    assert not is_whole(folder)
    (folder / "a").write_text("content")
    assert is_whole(folder)
    (folder / "part" / "b").write_text("above")
    assert not is_whole(folder)
    (folder / "a").unlink()
    assert not is_whole(folder)
    (folder / "checksums.json").write_text("[]")
    assert not is_whole(folder)


def test_where_another_was_faster_its_folder_stays(tmp_path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text(name)
        seal(tmp_path / name, tmp_path / "folder")
    assert (tmp_path / "folder" / "a").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
