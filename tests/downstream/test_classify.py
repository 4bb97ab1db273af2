"""Labels for texts: the loss, training, a kill, the folder, and what transformers says of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from albert_lab import cli
from albert_lab.downstream import Classify, FinetuneSettings, compare, finetune, load_fitted
from albert_lab.downstream.baselines import OF_VECTORS, bag_of_words, probe, trivial
from albert_lab.downstream.classify import Label
from albert_lab.downstream.measures import classification_scores, resampled
from albert_lab.downstream.run import first_model
from albert_lab.downstream.trainer import FineTuning
from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.model import AlbertForSequenceClassification
from albert_lab.model.checkpoint import load_model
from albert_lab.text.tokenizer import load_tokenizer
from albert_lab.vectors import Extractor

SMALL = FinetuneSettings(
    epochs=12, batch_size=12, learning_rate=3e-3, max_length=32, tokens_per_batch=256, patience=4, seed=3
)
TEXTS = ["copy the tree", "split a string, and join it", "parser option " * 30, "x"]


@pytest.fixture
def start(source, tokenizer, data, tmp_path):
    def make(settings=SMALL, folder="run", training=None) -> FineTuning:
        task = Classify()
        labels = task.labels(data.training)
        model = first_model(task, source, labels, settings)
        return FineTuning(
            settings, task, model, tokenizer, labels, training or data.training, data.development,
            tmp_path / folder, device="cpu",
        )  # fmt: skip

    return make


@pytest.fixture(scope="module")
def fitted(source, data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fitted") / "model"
    records = []
    scores = finetune("classify", data, folder, SMALL, source=source, device="cpu", report=records.append)
    return folder, scores, records


def weights(model) -> dict:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same_weights(first, second) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_gradients_in_parts_are_those_of_one_padded_batch(start, tokenizer, data, class_weights):
    """The reference: transformers' tokenizer, torch's own mean, loss.backward()."""
    uneven = data.training[:9] + [each for each in data.training if each.label == "text"]
    settings = replace(SMALL, class_weights=class_weights, head_dropout=0.0, tokens_per_batch=64)
    run = start(settings, training=uneven)
    work = next(run.steps())
    assert run.shards == 2
    with run._pool() as pool:
        loss = run.gradients(work, pool)["loss"]
    ours = {name: parameter.grad for name, parameter in run.model.named_parameters()}
    run.model.zero_grad()
    examples = [uneven[each.example] for each in work]
    batch = tokenizer([each.text for each in examples], padding=True, return_tensors="pt")
    targets = torch.tensor([run.reader.labels.index(each.label) for each in examples])
    counts = [sum(each.label == label for each in uneven) for label in run.reader.labels]
    weight = torch.tensor([len(uneven) / (3 * n) for n in counts]) if class_weights == "balanced" else None
    expected = torch.nn.functional.cross_entropy(run.model(**batch).logits, targets, weight)
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    for name, parameter in run.model.named_parameters():
        wanted = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(ours[name], wanted, rtol=1e-3, atol=3e-5)


def test_an_epoch_has_every_example_once_and_the_next_another_order(start):
    run = start()
    steps = list(run.steps())
    first, second = ([each.example for work in steps[6 * i : 6 * i + 6] for each in work] for i in (0, 1))
    assert sorted(first) == sorted(second) == list(range(72))
    assert first != second
    assert len(steps) == 12 * 6


def test_it_learns_and_stops_with_the_best_weights(fitted, data):
    folder, scores, records = fitted
    assert scores["accuracy"].low > 1 / 3
    seen = [record["held_out_accuracy"] for record in records if "held_out_accuracy" in record]
    last = load_fitted(folder)
    predicted = [each.label for each in last.predict(data.development)]
    right = np.mean([label == each.label for label, each in zip(predicted, data.development, strict=True)])
    assert right == pytest.approx(max(seen), abs=1e-5)
    assert scores["accuracy"].mean == last.task.scores(data.test, last.predict(data.test))["accuracy"].mean


def test_patience_ends_the_training(start):
    run = start(replace(SMALL, epochs=50, learning_rate=1e-9, patience=2))
    run.fit()
    assert run.position.step == 3 * run.steps_per_epoch  # the first look is the best, two are no better


def test_killed_at_any_moment_it_goes_on_to_the_same_weights(start):
    """Head dropout is on: its random numbers, too, go on where they were."""
    settings = replace(SMALL, epochs=3)
    through = start(settings, "through")
    through.fit()
    killed = start(settings, "killed")
    killed.fit(stop_after_steps=7)
    with killed._pool() as pool:
        killed._step(next(killed.steps()), pool)  # work after the state that a kill loses
    torch.manual_seed(99)
    resumed = start(settings, "killed")
    assert resumed.position.step == 7
    resumed.fit()
    assert same_weights(weights(resumed.model), weights(through.model))


@pytest.mark.slow
def test_the_command_goes_on_after_kill_9(source, tmp_path, data):
    path = tmp_path / "data.jsonl"
    sides = {"train": data.training, "dev": data.development, "test": data.test}
    rows = [{"text": e.text, "label": e.label, "split": name} for name, side in sides.items() for e in side]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [sys.executable, "-m", "albert_lab", "finetune", "classify", str(path), "--model", str(source)]
    words += ["--epochs", "4", "--batch-size", "4", "--max-length", "32", "--device", "cpu", "--json"]
    through, killed = tmp_path / "through", tmp_path / "killed"
    subprocess.run([*words, "--out", str(through)], check=True, capture_output=True)
    process = subprocess.Popen([*words, "--out", str(killed), "--save-every", "0"], stdout=subprocess.PIPE)
    for _ in range(2):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (killed / "training_state.pt").exists()
    assert not (killed / "model.safetensors").exists()
    subprocess.run([*words, "--out", str(killed)], check=True, capture_output=True)
    assert (killed / "model.safetensors").read_bytes() == (through / "model.safetensors").read_bytes()
    assert not (killed / "training_state.pt").exists()


def test_transformers_reads_the_folder_and_says_the_same(fitted):
    from transformers import AlbertForSequenceClassification as Theirs
    from transformers import AutoTokenizer, pipeline

    folder, _, _ = fitted
    theirs, report = Theirs.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert theirs.config.id2label == {0: "calls", 1: "files", 2: "text"}
    tokenizer = AutoTokenizer.from_pretrained(folder)
    batch = tokenizer(TEXTS, padding=True, truncation=True, return_tensors="pt")
    ours = load_model(folder, AlbertForSequenceClassification)
    with torch.no_grad():
        torch.testing.assert_close(ours(**batch).logits, theirs(**batch).logits, atol=1e-6, rtol=0)
    said = pipeline("text-classification", model=str(folder), device=-1, top_k=None)(TEXTS, truncation=True)
    for answer, each in zip(load_fitted(folder).answer(TEXTS), said, strict=True):
        assert answer.label == each[0]["label"]
        assert answer.probabilities == pytest.approx({one["label"]: one["score"] for one in each}, abs=1e-5)


def test_a_folder_of_theirs_is_fine_tuned_on(fitted, data, tokenizer, tmp_path):
    from transformers import AlbertConfig
    from transformers import AlbertForSequenceClassification as Theirs

    labels = dict(enumerate(("text", "calls", "files")))  # not the order of the alphabet
    torch.manual_seed(0)
    sizes = {"embedding_size": 16, "hidden_size": 32, "num_attention_heads": 4, "intermediate_size": 64}
    config = AlbertConfig(vocab_size=len(tokenizer), num_hidden_layers=2, max_position_embeddings=64,
                          id2label=labels, classifier_dropout_prob=0.0, **sizes)  # fmt: skip
    theirs = Theirs(config).eval()
    theirs.save_pretrained(tmp_path / "theirs")
    tokenizer.save_pretrained(tmp_path / "theirs")
    path = tmp_path / "theirs" / "config.json"
    values = json.loads(path.read_text())
    values["id2label"] = dict(reversed(values["id2label"].items()))  # an object has no order
    path.write_text(json.dumps(values))
    told = load_fitted(tmp_path / "theirs")
    assert told.labels == ("text", "calls", "files")
    kept = first_model(Classify(), tmp_path / "theirs", ("calls", "files", "text"), SMALL)
    assert torch.equal(kept.classifier.weight, theirs.classifier.weight)
    other = first_model(Classify(), tmp_path / "theirs", ("a", "b"), SMALL)
    assert other.config.id2label == {0: "a", 1: "b"}
    assert torch.equal(other.albert.pooler.weight, theirs.albert.pooler.weight)
    before = told.task.scores(data.training, told.predict(data.training))["accuracy"].mean
    finetune("classify", data, tmp_path / "on", SMALL, source=tmp_path / "theirs", device="cpu")
    on = load_fitted(tmp_path / "on")
    assert on.labels == told.labels
    assert on.task.scores(data.training, on.predict(data.training))["accuracy"].mean > before


def test_a_new_head_depends_on_the_seed_alone(source):
    heads = [first_model(Classify(), source, ("a", "b"), replace(SMALL, seed=seed)) for seed in (1, 1, 2)]
    assert torch.equal(heads[0].classifier.weight, heads[1].classifier.weight)
    assert not torch.equal(heads[0].classifier.weight, heads[2].classifier.weight)


def test_fewer_layers_and_more_dropout(source):
    settings = replace(SMALL, layers=1, dropout=0.2, head_dropout=0.3)
    config = first_model(Classify(), source, ("a", "b"), settings).config
    assert config.num_hidden_layers == 1
    assert (config.hidden_dropout_prob, config.attention_probs_dropout_prob) == (0.2, 0.2)
    assert config.classifier_dropout_prob == 0.3


def test_the_folder_has_card_and_log_and_is_not_trained_over(fitted, source, data):
    folder, scores, records = fitted
    card = (folder / "README.md").read_text()
    assert f"| accuracy | {scores['accuracy']} |" in card
    assert "training 72, development 24, test 24" in card
    assert "albert-lab finetune classify DATA --out FOLDER" in card
    logged = [json.loads(text) for text in (folder / "training_log.jsonl").read_text().splitlines()]
    assert logged == records
    with pytest.raises(OutputError, match="holds a finished model"):
        finetune("classify", data, folder, SMALL, source=source)


def test_an_answer_does_not_depend_on_company(fitted):
    reader = load_fitted(fitted[0])
    together = reader.answer(TEXTS)
    for text, answer in zip(TEXTS, together, strict=True):
        assert reader.answer([text])[0].probabilities == pytest.approx(answer.probabilities, abs=1e-6)
    assert reader.answer([]) == []
    with pytest.raises(InputError, match=r"texts\[1\] is None"):
        reader.answer(["x", None])


def test_another_folder_answers_nothing(source):
    with pytest.raises(CheckpointError, match="holds a AlbertModel, which answers nothing"):
        load_fitted(source)
    with pytest.raises(InputError, match="there is no task 'paint'"):
        finetune("paint", None, "x")


@pytest.mark.parametrize("names", [None, 3, "AlbertForSequenceClassification", [None, 3], {"a": "b"}])
def test_a_config_that_names_no_classes_answers_nothing(names, fitted, tmp_path):
    folder = shutil.copytree(fitted[0], tmp_path / "m")
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"architectures": names}))
    with pytest.raises(CheckpointError, match="answers nothing"):
        load_fitted(folder)
    assert first_model(Classify(), folder, ("calls", "files", "text"), SMALL).config.num_labels == 3


def test_scores_are_those_of_scikit_learn():
    from sklearn.metrics import accuracy_score, f1_score

    rng = np.random.default_rng(0)
    gold = rng.choice(["a", "b", "c", "only gold"], size=60, p=[0.5, 0.3, 0.15, 0.05])
    said = np.where(rng.random(60) < 0.6, gold, rng.choice(["a", "b", "only said"], size=60))
    found = classification_scores(gold, said)
    assert found["accuracy"].mean == pytest.approx(accuracy_score(gold, said))
    assert found["macro_f1"].mean == pytest.approx(f1_score(gold, said, average="macro", zero_division=0))
    for score in found.values():
        assert score.low < score.mean < score.high


def test_resampling_gives_the_interval_of_a_mean():
    values = np.random.default_rng(1).normal(2.0, 1.0, size=400)
    counts = np.stack([values, np.ones(400)], axis=1)
    found = resampled(counts, lambda sums: sums[:, 0] / sums[:, 1])
    half = 1.96 * values.std() / 20
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx((found.mean - half, found.mean + half), abs=0.02)


def test_baselines_by_hand(data):
    assert trivial(data) == ["files"] * len(data.test)
    assert np.mean([a == e.label for a, e in zip(bag_of_words(data), data.test, strict=True)]) == 1.0

    def lengths(texts):
        return np.array([[len(text), 1.0] for text in texts])

    answers = probe(data, lengths)
    assert set(answers) <= {"files", "text", "calls"}
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    sides = [lengths([e.text for e in side]) for side in (data.training, data.development, data.test)]
    scaled = [StandardScaler().fit(sides[0]).transform(side) for side in sides]
    known = [[e.label for e in side] for side in (data.training, data.development)]
    fits = [LogisticRegression(C=C, max_iter=1000, tol=1e-3).fit(scaled[0], known[0]) for C in OF_VECTORS]
    best = max(fits, key=lambda fit: fit.score(scaled[1], known[1]))
    assert answers == list(best.predict(scaled[2]))


def test_all_systems_are_measured_by_the_same_code(fitted, data, source):
    reader = load_fitted(fitted[0])
    extractor = Extractor(load_model(source), load_tokenizer(source))
    rows = compare(reader.task, data, reader, source=extractor)
    assert [row.system for row in rows] == ["trivial", "bag of words", "probe", "fine-tuned"]
    assert rows[0].scores["accuracy"].mean == pytest.approx(1 / 3)
    assert rows[3].scores == fitted[1]
    assert set(rows[1].scores) == {"accuracy", "macro_f1"}


def test_wrong_settings_are_refused():
    wrongs = {"epochs": 0, "batch_size": 0, "patience": -1, "dropout": 1, "class_weights": "some"}
    wrongs |= {
        "max_length": 4,
        "layers": -1,
        "head_dropout": 1.0,
        "evaluate_every": -5,
        "tokens_per_batch": 0,
    }
    for name, value in wrongs.items():
        with pytest.raises(InputError, match=name):
            FinetuneSettings(**{name: value})


def test_texts_longer_than_the_model_are_refused(source, data, tmp_path):
    with pytest.raises(InputError, match="max_length=65"):
        finetune("classify", data, tmp_path, replace(SMALL, max_length=65), source=source)
    assert list(tmp_path.iterdir()) == []


def run(*arguments: object):
    done = CliRunner().invoke(cli.app, [str(each) for each in arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_commands(source, data, tmp_path):
    rows = [f"{e.text},{e.label}" for e in data.training + data.development + data.test]
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]))
    small = ("--epochs", 1, "--batch-size", 16, "--max-length", 32, "--device", "cpu", "--model", source)
    done = run("finetune", "classify", tmp_path / "data.csv", "--out", tmp_path / "m", "--baselines", *small)
    assert done.exit_code == 0, done.output
    for name in ("trivial", "bag of words", "probe", "fine-tuned"):
        assert f"test  {name}" in done.output
    said = run("predict", tmp_path / "m", "copy the tree", "--json")
    (answer,) = json.loads(said.stdout)
    assert answer["text"] == "copy the tree"
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-6)
    lines = run("predict", tmp_path / "m", tmp_path / "data.csv", "--column", "text").stdout.splitlines()
    assert len(lines) == len(rows)
    assert run("predict", source, "x").exit_code == 2
    assert "there is no data 'none'" in run("finetune", "classify", "none", "--out", tmp_path / "n").output


def test_every_setting_is_an_option_with_the_same_default():
    import inspect

    from albert_lab.cli.downstream import Tasks, Weights
    from albert_lab.cli.downstream import finetune as cli_finetune
    from albert_lab.downstream.run import TASKS
    from albert_lab.downstream.settings import CLASS_WEIGHTS

    options = inspect.signature(cli_finetune).parameters
    for field in fields(FinetuneSettings):
        assert options[field.name].default == field.default, field.name
    assert (tuple(Weights), tuple(Tasks)) == (CLASS_WEIGHTS, tuple(TASKS))


def test_an_answer_as_a_line():
    assert Label("good", 0.75, {}).told("Fine.") == "good  0.750  Fine."
