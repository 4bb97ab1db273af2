"""Answers in texts: windows, the best span, SQuAD's measures, training, and what transformers says."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.downstream import FinetuneSettings, Question, Span, Splits, finetune, load_fitted
from albert_lab.downstream.answer import AnswerTask, exact_match, plain_words, word_f1
from albert_lab.downstream.baselines import compare
from albert_lab.downstream.numpydoc import parameters_of, questions_of
from albert_lab.downstream.run import first_model
from albert_lab.downstream.task import NOWHERE, Encoded
from albert_lab.downstream.trainer import FineTuning
from albert_lab.errors import InputError
from albert_lab.model import AlbertForQuestionAnswering
from albert_lab.model.checkpoint import load_model
from albert_lab.text.batches import TextEncoder
from albert_lab.text.document import Document
from tests.downstream.conftest import WORDS

SMALL = FinetuneSettings(
    epochs=8, batch_size=8, learning_rate=3e-3, max_length=48, tokens_per_batch=256, seed=3
)


def made(number: int) -> Question:
    """The answer is the word after "is"; every fifth question has none."""
    rng = random.Random(number)
    name, value = rng.choice(WORDS["files"]), rng.choice(WORDS["text"])
    before = " ".join(rng.choices(WORDS["calls"], k=rng.randint(1, 4)))
    context = f"{before} {name} is {value}." if number % 5 else f"{before} {name}."
    start = context.find(value + ".")
    answers = (Span(start, start + len(value), ""),) if number % 5 else ()
    return Question(f"what is {name}?", context, answers, str(number))


@pytest.fixture(scope="module")
def asked() -> Splits[Question]:
    examples = [made(number) for number in range(100)]
    return Splits(examples[:64], examples[64:80], examples[80:], "Made up.")


@pytest.fixture(scope="module")
def fitted(source, asked, tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers") / "model"
    return folder, finetune("answer", asked, folder, SMALL, source=source, device="cpu")


def test_inputs_are_those_of_transformers_tokenizer(tokenizer, asked):
    encoder = TextEncoder(tokenizer)
    examples = asked.training[:10]
    for example, ours in zip(examples, AnswerTask().encode(encoder, examples, (), 64), strict=True):
        theirs = tokenizer(example.question, example.context, return_offsets_mapping=True)
        assert ours.ids == theirs["input_ids"]
        assert ours.types == theirs["token_type_ids"]
        if example.answers:
            first, last = (ours.offsets[i] for i in ours.targets)
            (span,) = example.answers
            assert (first[0], last[1]) == (span.start, span.stop)
        else:
            assert ours.targets == [0, 0]


def test_a_long_context_is_read_in_windows(tokenizer):
    context = "the file " * 60 + "is open. " + "a list " * 40
    start = context.index("open")
    example = Question("what is it?", context, (Span(start, start + 4, ""),))
    inputs = AnswerTask().encode(TextEncoder(tokenizer), [example], (), 48)
    assert len(inputs) > 3
    assert all(len(each.ids) <= 48 for each in inputs)
    answered = [each for each in inputs if each.targets != [0, 0]]
    assert 0 < len(answered) < len(inputs)
    for each in answered:
        assert context[each.offsets[each.targets[0]][0] : each.offsets[each.targets[1]][1]] == "open"
    seen = {place for each in inputs for place in each.offsets if place != NOWHERE}
    assert max(stop for _, stop in seen) == len(context.rstrip())


def test_the_best_span_is_that_of_trying_all(asked):
    """The reference: softmax over [CLS] and context, every pair first ≤ last of at most 30 tokens."""
    rng = np.random.default_rng(0)
    context = "abcdefghij" * 5
    example = Question("?", context)
    for trial in range(40):
        parts = []
        for window in range(rng.integers(1, 3)):
            places = [NOWHERE, NOWHERE, *((i, i + 1) for i in range(window * 8, window * 8 + 40)), NOWHERE]
            parts.append((Encoded(0, [], [], [], places), rng.normal(0, 3, size=(2, 43)).astype(np.float32)))
        (said,) = AnswerTask().read([parts], [example], ())
        best, none = (0.0, 0, 0), 1.0
        for encoded, logits in parts:
            kept = [0, *range(2, 42)]
            first, last = (np.exp(row[kept]) / np.exp(row[kept]).sum() for row in logits.astype(float))
            none = min(none, first[0] * last[0])
            for i, j in product(range(1, 41), repeat=2):
                if i <= j < i + 30:
                    best = max(
                        best, (first[i] * last[j], encoded.offsets[kept[i]][0], encoded.offsets[kept[j]][1])
                    )
        if none >= best[0]:
            assert (said.text, said.probability) == ("", pytest.approx(none)), trial
        else:
            assert (said.probability, said.start, said.stop) == (pytest.approx(best[0]), *best[1:]), trial
            assert said.text == context[said.start : said.stop]


@pytest.mark.parametrize(
    ("said", "right", "exact", "f1"),
    [
        ("The Cat.", "cat", 1, 1),
        ("a black cat", "the cat", 0, 2 / 3),
        ("", "", 1, 1),
        ("", "cat", 0, 0),
        ("cat", "", 0, 0),
        ("a", "", 1, 1),  # an article alone is nothing, to SQuAD's script too
        ("cat cat dog", "cat dog dog", 0, 2 / 3),
        ("-1", "1", 1, 1),  # punctuation does not count
    ],
)
def test_exact_match_and_f1_by_hand(said, right, exact, f1):
    assert exact_match(said, right) == exact
    assert word_f1(said, right) == pytest.approx(f1)
    assert plain_words("  An  Answer: the (end) ") == "answer end"


def test_the_gradient_is_that_of_one_question_after_the_other(source, tokenizer, asked, tmp_path):
    settings = replace(SMALL, tokens_per_batch=96, head_dropout=0.0)
    task = AnswerTask()
    model = first_model(task, source, (), settings)
    run = FineTuning(
        settings, task, model, tokenizer, (), asked.training, asked.development, tmp_path, device="cpu"
    )
    work = next(run.steps())
    with run._pool() as pool:
        loss = run.gradients(work, pool)["loss"]
    ours = {name: parameter.grad for name, parameter in run.model.named_parameters()}
    run.model.zero_grad()
    losses = []
    for each in work:
        example = asked.training[each.example]
        out = run.model(**tokenizer(example.question, example.context, return_tensors="pt"))
        for logits, target in zip((out.start_logits[0], out.end_logits[0]), each.targets, strict=True):
            losses.append(-logits.log_softmax(0)[target])
    expected = torch.stack(losses).mean()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-4)
    for name, parameter in run.model.named_parameters():
        wanted = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(ours[name], wanted, rtol=1e-3, atol=5e-5)


def test_it_learns_and_says_where_the_answer_stands(fitted, asked):
    folder, scores = fitted
    none = np.mean([not example.answers for example in asked.test])
    assert scores["f1"].mean > none + 0.2
    reader = load_fitted(folder)
    assert reader.task.scores(asked.test, reader.predict(asked.test)) == scores
    example = made(1)
    (answer,) = reader.answer([example.question], example.context)
    assert answer.text == example.context[answer.start : answer.stop]
    with pytest.raises(InputError, match="or an empty one"):
        reader.answer(["what?"])


def test_transformers_reads_the_folder_and_says_the_same(fitted, asked):
    from transformers import AlbertForQuestionAnswering as Theirs
    from transformers import AutoTokenizer

    folder, _ = fitted
    theirs, report = Theirs.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(
        [e.question for e in asked.test], [e.context for e in asked.test], padding=True, return_tensors="pt",
        return_token_type_ids=True,
    )  # fmt: skip
    with torch.no_grad():
        ours, wanted = load_model(folder, AlbertForQuestionAnswering)(**batch), theirs(**batch)
    torch.testing.assert_close(ours.start_logits, wanted.start_logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(ours.end_logits, wanted.end_logits, atol=1e-5, rtol=0)


def test_all_systems_are_measured_by_the_same_code(fitted, asked, source):
    folder, scores = fitted
    reader = load_fitted(folder)
    rows = compare(reader.task, asked, reader, source=source)
    assert [row.system for row in rows] == ["trivial", "words", "probe", "fine-tuned"]
    assert rows[0].scores["exact"].mean == np.mean([not example.answers for example in asked.test])
    assert rows[3].scores == scores


def test_rows_as_squad_has_them_and_plain_ones():
    context = "The axis is 0."
    wanted = Question("What?", context, (Span(12, 13, ""),), "g")
    squad = {
        "question": "What?",
        "context": context,
        "answers": {"text": ["0"], "answer_start": [12]},
        "group": "g",
    }
    plain = {"question": "What?", "context": context, "answer": "0", "group": "g"}
    assert AnswerTask().parse(squad, "Row 1") == AnswerTask().parse(plain, "Row 1") == wanted
    none = {"question": "What?", "context": context, "answers": {"text": [], "answer_start": []}}
    assert AnswerTask().parse(none, "Row 1").answers == ()
    with pytest.raises(InputError, match="'0' does not stand at 3"):
        AnswerTask().parse({**plain, "start": "3"}, "Row 1")
    with pytest.raises(InputError, match="does not stand at -1"):
        AnswerTask().parse({**plain, "answer": "7"}, "Row 1")
    with pytest.raises(InputError, match="Row 1 lacks a text"):
        AnswerTask().parse({"question": "What?"}, "Row 1")


NUMPYDOC = """Sum over an axis.

Parameters
----------
a : array_like
    The values that are added up.
axis : int, optional
    Along which one to add. More of this.
keep : {True, False}, default=False
    Whether to keep the axis that is gone.
dtype : dtype, default: None
    The type of the sum of all values.

Returns
-------
total : float
    The sum of the values.
"""


def test_parameters_are_read_off_numpydoc():
    found = list(parameters_of(NUMPYDOC))
    assert [tuple(each) for each in found] == [
        ("a", "array_like", "", "The values that are added up"),
        ("axis", "int", "", "Along which one to add"),
        ("keep", "{True, False}", "False", "Whether to keep the axis that is gone"),
        ("dtype", "dtype", "None", "The type of the sum of all values"),
    ]


def test_every_answer_stands_in_its_context():
    documents = [
        Document(f"pkg.sum{i}", "function", "pkg", "1", "", "", (), NUMPYDOC.replace("gone", f"gone {i}"))
        for i in range(30)
    ]
    questions = list(questions_of(documents))
    kinds = set()
    for each in questions:
        for span in each.answers:
            kinds.add(each.context[span.start : span.stop])
        if "default" in each.question and "keep" in each.question:
            told = [each.context[s.start : s.stop] for s in each.answers]
            assert told in (["False"], [])
    assert {"array_like", "int", "False"} <= kinds
    assert any(not each.answers for each in questions)


def test_the_command(fitted):
    example = made(1)
    words = ["predict", str(fitted[0]), example.question, "--context", example.context, "--json"]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    (answer,) = json.loads(done.stdout)
    assert answer["text"] == example.question
    assert answer["answer"] == example.context[answer["start"] : answer["stop"]]
