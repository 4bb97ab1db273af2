"""Spans in texts: words and pieces, BIO, the loss, training, and what transformers and seqeval say."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from seqeval.metrics import f1_score, precision_score, recall_score
from seqeval.metrics.sequence_labeling import get_entities
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.downstream import (
    FinetuneSettings,
    Span,
    Splits,
    Tag,
    TaggedText,
    compare,
    finetune,
    load_fitted,
)
from albert_lab.downstream.imperatives import ROLES, labelled_summaries, roles, sentence
from albert_lab.downstream.markup import ENTITIES, entities, entities_of
from albert_lab.downstream.run import first_model
from albert_lab.downstream.tag import Tags, first_pieces, spans_of_tags, tagged_tokens, words_and_tags
from albert_lab.downstream.task import IGNORED, NOWHERE, Reader
from albert_lab.downstream.trainer import FineTuning
from albert_lab.errors import InputError
from albert_lab.model import AlbertForTokenClassification
from albert_lab.model.checkpoint import load_model
from albert_lab.text.batches import TextEncoder, word_spans
from albert_lab.text.document import Document
from tests.downstream.conftest import WORDS

SMALL = FinetuneSettings(
    epochs=12, batch_size=12, learning_rate=3e-3, max_length=48, tokens_per_batch=256, seed=3
)
ALL_TAGS = ("O", "B-x", "I-x", "B-y", "I-y")


def made(number: int) -> TaggedText:
    """A verb and its thing among other words; the thing may have two words."""
    rng, text, spans = random.Random(number), "please", []
    for label, words in (("verb", WORDS["files"]), ("thing", WORDS["text"])):
        text += " " + rng.choice(("the", "and a", "of"))
        chosen = " ".join(rng.choices(words, k=1 if label == "verb" else rng.randint(1, 2)))
        spans.append(Span(len(text) + 1, len(text) + 1 + len(chosen), label))
        text += " " + chosen
    return TaggedText(text + ".", tuple(spans), str(number))


@pytest.fixture(scope="module")
def tagged() -> Splits[TaggedText]:
    examples = [made(number) for number in range(110)]
    return Splits(examples[:70], examples[70:90], examples[90:], "Made up.")


@pytest.fixture(scope="module")
def fitted(source, tagged, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tagger") / "model"
    return folder, finetune("tag", tagged, folder, SMALL, source=source, device="cpu")


def test_bio_is_read_as_seqeval_reads_it():
    rng = random.Random(0)
    gold, said = [], []
    for _ in range(200):
        n = rng.randint(1, 12)
        words = [(3 * i, 3 * i + 2) for i in range(n)]
        tags = rng.choices(ALL_TAGS, k=n)  # with all the I that begin nothing
        spans = spans_of_tags(words, tags)
        theirs = [(label, words[first][0], words[last][1]) for label, first, last in get_entities(tags)]
        assert [(span.label, span.start, span.stop) for span in spans] == theirs
        gold.append(tags)
        said.append([tag if rng.random() < 0.7 else rng.choice(ALL_TAGS) for tag in tags])
    words_of = [[(3 * i, 3 * i + 2) for i in range(len(tags))] for tags in gold]
    texts = ["ab " * len(tags) for tags in gold]
    examples = [
        TaggedText(t, tuple(spans_of_tags(w, g))) for t, w, g in zip(texts, words_of, gold, strict=True)
    ]
    answers = [Tags(tuple(spans_of_tags(w, s))) for w, s in zip(words_of, said, strict=True)]
    scores = Tag().scores(examples, answers)
    assert scores["f1"].mean == pytest.approx(f1_score(gold, said))
    assert scores["precision"].mean == pytest.approx(precision_score(gold, said))
    assert scores["recall"].mean == pytest.approx(recall_score(gold, said))
    assert scores["f1"].low < scores["f1"].mean < scores["f1"].high


def test_only_first_pieces_have_targets(tokenizer):
    example = TaggedText("Copy parse_args() over", (Span(5, 15, "function"),))
    encoder = TextEncoder(tokenizer)
    labels = ("O", "B-function", "I-function")
    (made,) = Tag().encode(encoder, [example], labels, 48)
    assert len(made.ids) == len(made.targets) == len(made.offsets) == len(made.types)
    counted = [
        (place, target) for place, target in zip(made.offsets, made.targets, strict=True) if target != IGNORED
    ]
    assert [example.text[a:b] for (a, b), _ in counted] == ["Copy", "parse_args", "()", "over"]
    assert [target for _, target in counted] == [0, 1, 0, 0]
    assert sum(place == NOWHERE for place in made.offsets) == len(made.ids) - 4
    # Independently: the piece at which each word begins, by the tokenizer's own offsets.
    theirs = tokenizer(example.text, return_offsets_mapping=True)
    assert made.ids == theirs["input_ids"]
    for (start, _), i in zip(made.offsets, range(len(made.ids)), strict=True):
        if start >= 0:
            a, b = theirs["offset_mapping"][i]
            assert example.text[a:b].lstrip() == example.text[start : start + len(example.text[a:b].lstrip())]


def test_a_piece_over_two_words_counts_for_the_first():
    words, offsets = [(0, 2), (2, 4), (5, 7)], np.array([(0, 4), (5, 6), (6, 7)])
    assert first_pieces(words, offsets) == {0: 0, 2: 1}


def test_what_is_cut_off_is_outside(tokenizer, source):
    model = first_model(Tag(), source, ALL_TAGS, SMALL)
    reader = Reader(Tag(), model, tokenizer, ALL_TAGS, 8)
    (answer,) = reader.answer(["copy the file " * 20])
    assert all(span.stop < 60 for span in answer.spans)


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_the_gradient_is_that_of_a_loop_over_words(source, tokenizer, tagged, tmp_path, class_weights):
    settings = replace(SMALL, class_weights=class_weights, head_dropout=0.0, tokens_per_batch=64)
    task = Tag()
    labels = task.labels(tagged.training)
    assert labels == ("O", "B-thing", "I-thing", "B-verb", "I-verb")
    model = first_model(task, source, labels, settings)
    run = FineTuning(settings, task, model, tokenizer, labels, tagged.training, tagged.development, tmp_path,
                     device="cpu")  # fmt: skip
    work = next(run.steps())
    with run._pool() as pool:
        loss = run.gradients(work, pool)["loss"]
    ours = {name: parameter.grad for name, parameter in run.model.named_parameters()}
    run.model.zero_grad()
    everywhere = [tag for example in tagged.training for tag in words_and_tags(example)[1]]
    share = {
        tag: len(everywhere) / (len(labels) * everywhere.count(tag)) if everywhere.count(tag) else 1.0
        for tag in labels
    }
    total = weight = 0.0
    for example in (tagged.training[each.example] for each in work):
        batch = tokenizer(example.text, return_tensors="pt", return_offsets_mapping=True)
        offsets = batch.pop("offset_mapping")[0].tolist()
        shares = run.model(**batch).logits[0].log_softmax(1)
        for (start, stop), tag in zip(*words_and_tags(example), strict=True):
            first = next(i for i, (a, b) in enumerate(offsets) if a < stop and b > start and b > a)
            w = share[tag] if class_weights == "balanced" else 1.0
            total, weight = total - w * shares[first, labels.index(tag)], weight + w
    (total / weight).backward()
    assert loss == pytest.approx(float((total / weight).detach()), rel=1e-4)
    for name, parameter in run.model.named_parameters():
        wanted = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(ours[name], wanted, rtol=1e-3, atol=5e-5)


def test_it_learns(fitted, tagged):
    folder, scores = fitted
    assert scores["f1"].mean > 0.5
    reader = load_fitted(folder)
    assert reader.task.scores(tagged.test, reader.predict(tagged.test)) == scores
    (answer,) = reader.answer([made(500).text])
    assert [span.label for span in answer.spans] == ["verb", "thing"]
    assert all(0 < share <= 1 for share in answer.probabilities)


def test_transformers_reads_the_folder_and_says_the_same(fitted, tagged):
    from transformers import AlbertForTokenClassification as Theirs
    from transformers import AutoTokenizer, pipeline

    folder, _ = fitted
    theirs, report = Theirs.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    texts = [example.text for example in tagged.test[:5]]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        ours = load_model(folder, AlbertForTokenClassification)(**batch).logits
        torch.testing.assert_close(ours, theirs(**batch).logits, atol=1e-6, rtol=0)
    pipe = pipeline("token-classification", model=str(folder), device=-1, ignore_labels=[])
    for text, answer in zip(texts, load_fitted(folder).answer(texts), strict=True):
        said = {each["index"]: each for each in pipe(text)}
        words = word_spans(text)
        offsets = np.array([(0, 0), *((said[i]["start"], said[i]["end"]) for i in sorted(said))])
        first = first_pieces(words, offsets)
        assert spans_of_tags(words, [said[first[i]]["entity"] for i in range(len(words))]) == list(
            answer.spans
        )


def test_rows_of_tokens_and_tags_and_of_text_and_spans():
    example = tagged_tokens(["Copy", "the", "file", "."], ["B-verb", "O", "B-thing", "O"])
    assert example.text == "Copy the file ."
    assert example.spans == (Span(0, 4, "verb"), Span(9, 13, "thing"))
    cells = {"text": "Copy it", "spans": [{"start": 0, "stop": 4, "label": "verb"}], "group": 3}
    assert Tag().parse(cells, "Row 1") == TaggedText("Copy it", (Span(0, 4, "verb"),), "3")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"tokens": ["a"], "tags": ["O", "O"]}, "Row 1 has 1 tokens and 2 tags"),
        ({"tokens": ["a"], "tags": ["verb"]}, "has the tag 'verb'"),
        ({"text": "abc"}, "no text with spans"),
        ({"text": "abc", "spans": [{"start": 2, "stop": 9, "label": "x"}]}, "a span from 2 to 9"),
        ({"text": "abc", "spans": [{"start": 0}]}, "Row 1: 'stop' in its spans"),
        (
            {"text": "abcd", "spans": [{"start": a, "stop": a + 2, "label": "x"} for a in (0, 1)]},
            "a span from 1 to 3",
        ),
    ],
)  # fmt: skip
def test_what_is_no_example_is_told(cells, told):
    with pytest.raises(InputError, match=told):
        Tag().parse(cells, "Row 1")


def document(name: str, kind: str, raw: str, signature: str = "") -> Document:
    return Document(name, kind, "pkg", "1", signature, "", (), raw)


def test_labels_come_from_the_markup():
    documents = [
        document("pkg.Tree", "class", ""),
        document("pkg.walk", "function", ""),
        document(
            "pkg.grow", "function",
            "Grow the :class:`~pkg.other.Tree` until `height` is reached, see `walk`, :func:`pkg.cut()`.\n\n"
            "If ``seed`` is ``None``, a :exc:`ValueError` of the :mod:`pkg` module is raised for it.\n\n"
            "It is not known what `this_here` is, so that the sentence is left out of the data.\n\n"
            "The seed of a `seed` stands unmarked too, and that would be a wrong label for it.",
            "(height: int, *, seed=None)",
        ),
    ]  # fmt: skip
    found = [
        [(span.label, each.text[span.start : span.stop]) for span in each.spans]
        for each in entities_of(documents)
    ]
    assert found == [
        [("class", "Tree"), ("parameter", "height"), ("function", "walk"), ("function", "pkg.cut")],
        [("parameter", "seed"), ("constant", "None"), ("exception", "ValueError"), ("module", "pkg")],
    ]


def test_entities_of_this_machine():
    found = entities(packages=["click", "typer", "rich", "griffe"], most=300)
    assert not {e.group for e in found.training} & {e.group for e in found.test}
    for example in found.training + found.test:
        assert "`" not in example.text
        for span in example.spans:
            assert span.label in ENTITIES
            assert example.text[span.start : span.stop].strip() == example.text[span.start : span.stop] != ""


def test_the_grammar_makes_many_different_sentences():
    sentences = [sentence(number) for number in range(600)]
    assert len({each.text for each in sentences}) > 590
    assert sentence(7) == sentence(7)
    assert {span.label for each in sentences for span in each.spans} == set(ROLES)
    for each in sentences:
        stops = [0, *(span.stop for span in each.spans)]
        assert all(span.start >= stop for span, stop in zip(each.spans, stops, strict=False))


def test_real_lines_are_read_where_they_are_as_they_were_labelled():
    found = roles()
    assert len(found.test) >= 70  # some labelled objects are gone from newer versions of Python
    real = {each.group: each for each in found.test}
    told = [
        (span.label, real["shutil.copyfile"].text[span.start : span.stop])
        for span in real["shutil.copyfile"].spans
    ]
    assert told == [("action", "Copy"), ("object", "data"), ("source", "src"), ("destination", "dst")]
    assert not {each.text for each in found.training} & {each.text for each in found.test}
    changed = Document("shutil.copyfile", "function", "stdlib", "4", "", "Copy another thing.", (), "")
    assert list(labelled_summaries([changed])) == []


def test_all_systems_are_measured_by_the_same_code(fitted, tagged, source):
    folder, scores = fitted
    reader = load_fitted(folder)
    rows = compare(reader.task, tagged, reader, source=source)
    assert [row.system for row in rows] == ["trivial", "words", "probe", "fine-tuned"]
    assert rows[0].scores["f1"].mean == 0
    assert 0.4 < rows[1].scores["f1"].mean < 0.9  # a word alone does not tell whether it begins its span
    assert rows[3].scores == scores


def test_the_commands(fitted, source, tmp_path):
    rows = [
        {"text": e.text, "spans": [{"start": s.start, "stop": s.stop, "label": s.label} for s in e.spans]}
        for e in (made(number) for number in range(60))
    ]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["finetune", "tag", str(tmp_path / "data.jsonl"), "--out", str(tmp_path / "m"), "--epochs", "1"]
    words += ["--max-length", "48", "--device", "cpu", "--model", str(source)]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    assert "test  fine-tuned    f1 " in done.output
    text = made(3).text
    said = CliRunner().invoke(cli.app, ["predict", str(fitted[0]), text, "--json"])
    (answer,) = json.loads(said.stdout)
    assert {"start", "stop", "label", "probability"} == set(answer["spans"][0])
    shown = CliRunner().invoke(cli.app, ["predict", str(fitted[0]), text]).stdout
    assert shown.splitlines()[0] == text
    assert shown.splitlines()[1].split()[1] == "verb"
