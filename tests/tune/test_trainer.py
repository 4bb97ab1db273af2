"""Contrastive training: its gradients, that it helps, that it goes on after a kill, and what it leaves."""

from __future__ import annotations

import json
import warnings
from dataclasses import fields
from itertools import chain

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from albert_lab.cli import app
from albert_lab.cli.tune import Forms, Negatives, line
from albert_lab.errors import CheckpointError, InputError, OutputError
from albert_lab.model import AlbertModel
from albert_lab.model.checkpoint import load_model, save_model
from albert_lab.tune.contrastive import MINERS, contrastive_loss, same_thing
from albert_lab.tune.pairs import COMMENT, FORMS, OFTEN, TextPair
from albert_lab.tune.run import Material, command, gather, tune
from albert_lab.tune.settings import TuneSettings
from albert_lab.tune.trainer import Tuning
from albert_lab.vectors import Extractor
from albert_lab.vectors.sentence import SentenceNotes, read_notes

VERBS = ("copy", "remove", "sort", "split", "read", "parse", "return", "join")
THINGS = ("file", "list", "string", "directory", "argument", "parser", "link", "character", "name", "member")
PAIRS = [
    TextPair(f"{v} a {t}", f"the {t} is what it will {v}, and more", f"{v}.{t}")
    for v in VERBS
    for t in THINGS
]
SMALL = TuneSettings(
    steps=12, batch_size=16, negatives="bm25", learning_rate=2e-3, max_length=32, tokens_per_batch=256,
    shards=2, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def source(make_model, tokenizer, tmp_path_factory):
    """A folder with first weights, a pooler among them."""
    folder = tmp_path_factory.mktemp("first")
    save_model(make_model(scale=1.0), folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def start(source, tokenizer, tmp_path):
    def make(settings=SMALL, folder="run", **options) -> Tuning:
        return Tuning(
            settings, load_model(source), tokenizer, PAIRS[:60], PAIRS[60:], tmp_path / folder,
            device="cpu", **options,
        )  # fmt: skip

    return make


@pytest.fixture(scope="module")
def finished(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tuned") / "model"
    records = []
    metrics = tune(SMALL, folder, Material(PAIRS[:60], PAIRS[60:], "Made up."), source=source, device="cpu",
                   report=records.append)  # fmt: skip
    return folder, metrics, records


def weights(model) -> dict:
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same_weights(first, second) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_gradients_in_parts_are_those_of_one_padded_batch(start, tokenizer):
    """The reference: all texts in one batch of transformers' tokenizer, mean pooling, loss.backward()."""
    run = start()
    pairs, negatives = run._batch(0)
    assert negatives, "hard negatives were mined"
    with run._pool() as pool:
        loss = run.gradients((pairs, negatives), pool)["loss"]
    ours = {name: p.grad for name, p in run.model.named_parameters()}
    run.model.zero_grad()

    def embedded(texts):
        batch = tokenizer(texts, padding=True, return_tensors="pt")
        states = run.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        return (states * mask).sum(1) / mask.sum(1)

    queries = embedded([pair.query for pair in pairs])
    documents = embedded([pair.positive for pair in [*pairs, *negatives]])
    same = torch.from_numpy(same_thing(pairs, negatives))
    expected = contrastive_loss(queries, documents, SMALL.temperature, same, symmetric=True)
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    for name, parameter in run.model.named_parameters():
        assert (ours[name] is None) == (parameter.grad is None), name
        if parameter.grad is not None:
            torch.testing.assert_close(ours[name], parameter.grad, rtol=1e-3, atol=1e-5)


def test_an_epoch_has_every_pair_once_and_the_next_another_order(start):
    run = start()
    batches = [[pair.about for pair in run._batch(step)[0]] for step in range(6)]
    per_epoch = 60 // 16
    first, second = (list(chain(*part)) for part in (batches[:per_epoch], batches[per_epoch:]))
    assert len(set(first)) == len(set(second)) == per_epoch * 16
    assert first != second
    again = start(folder="other")
    assert [[pair.about for pair in again._batch(step)[0]] for step in range(6)] == batches


def test_training_brings_partners_together(source, tokenizer, tmp_path):
    settings = TuneSettings(**SMALL.to_dict() | {"steps": 60, "negatives": "none"})
    run = Tuning(settings, load_model(source), tokenizer, PAIRS, PAIRS[:40], tmp_path, device="cpu")
    before = run.evaluate()
    after = run.run()
    assert after["mrr"] > before["mrr"] + 0.2
    assert after["alignment"] < before["alignment"] + 1
    assert after["uniformity"] < before["uniformity"]


@pytest.mark.parametrize("changes", [{}, {"dropout": 0.2, "negatives": "model"}, {"optimizer": "muon"}])
def test_killed_at_any_moment_it_goes_on_to_the_same_weights(start, changes):
    settings = TuneSettings(**SMALL.to_dict() | changes)
    through = start(settings, "through")
    through.run()
    killed = start(settings, "killed")
    killed.run(stop_after_steps=5)  # leaves a state at step 5
    with killed._pool() as pool:
        killed._step(next(killed.steps()), pool)  # work after the state that a kill loses
    killed._log({"loss": 1.0})
    resumed = start(settings, "killed")
    assert resumed.position.step == 5
    steps = [
        json.loads(text)["step"]
        for text in (resumed.folder.path / "training_log.jsonl").read_text().splitlines()
    ]
    assert max(steps) == 5, "the log is cut back to the state"
    resumed.run()
    assert resumed.finished
    assert same_weights(weights(resumed.model), weights(through.model))


def test_another_run_in_the_folder_is_not_gone_on_with(start):
    start().run(stop_after_steps=1)
    with pytest.raises(CheckpointError, match="differs in: temperature"):
        start(TuneSettings(**SMALL.to_dict() | {"temperature": 0.2}))


def test_distillation_pulls_towards_the_teacher(start):
    rng = np.random.default_rng(0)
    taught = {}

    def teacher(texts):
        return np.stack([taught.setdefault(text, rng.normal(size=6)) for text in texts])

    settings = TuneSettings(
        **SMALL.to_dict()
        | {"distillation": 1.0, "negatives": "none", "temperature": 0.5, "learning_rate": 1e-2}
    )
    run = start(settings, teacher=teacher)
    with run._pool() as pool:
        first = run._batch(0)  # the same pairs each time: other ones have other losses
        losses = [run._step(first, pool)["loss"] for _ in run.steps()]
    assert losses[-1] < 0.97 * losses[0]
    with pytest.raises(InputError, match="needs a teacher"):
        start(settings, "other")


def test_sentence_transformers_gives_the_same_vectors(finished):
    import sentence_transformers

    folder, _, _ = finished
    texts = ["copy a file", "The parser reads all arguments; " * 9, "x", "Sort it, then split it."]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = sentence_transformers.SentenceTransformer(str(folder), device="cpu").encode(texts)
        ours = Extractor.from_source(folder).embed(texts)
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_the_folder_is_an_ordinary_one_with_notes_card_and_log(finished):
    from transformers import AlbertModel as TheirModel

    folder, metrics, records = finished
    _, report = TheirModel.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    assert read_notes(folder) == SentenceNotes("mean", True, 32)
    assert (
        Extractor.from_source(folder).settings["normalize"],
        Extractor.from_source(folder).max_length,
    ) == (True, 32)
    card = (folder / "README.md").read_text()
    assert f"| mrr | {metrics['mrr']:.3f} |" in card
    assert "Made up. 60 pairs" in card
    logged = [json.loads(text) for text in (folder / "training_log.jsonl").read_text().splitlines()]
    assert logged == records
    assert logged[0]["step"] == 0
    assert logged[-1]["held_out_mrr"] == round(metrics["mrr"], 5)
    left = {path.name for path in folder.iterdir()}
    assert not any("state" in name or name.startswith("negatives") for name in left)


def test_a_finished_model_is_not_trained_over(finished, source):
    with pytest.raises(OutputError, match="holds a finished model"):
        tune(SMALL, finished[0], Material(PAIRS, [], ""), source=source)


def test_simcse_needs_dropout_and_ships_without(source, tmp_path):
    (tmp_path / "p.jsonl").write_text(
        "\n".join(json.dumps({"query": p.query, "positive": "x y"}) for p in PAIRS)
    )
    settings = TuneSettings(**SMALL.to_dict() | {"steps": 2, "negatives": "none", "held_out_percent": 5.0})
    material = gather(settings, pairs=tmp_path / "p.jsonl", simcse=True)
    assert all(pair.query == pair.positive for pair in material.pairs)
    with pytest.raises(InputError, match="there is no dropout"):
        tune(settings, tmp_path / "m", material, source=source)
    dropped = TuneSettings(**settings.to_dict() | {"dropout": 0.1})
    tune(dropped, tmp_path / "m", material, source=source, device="cpu")
    assert load_model(tmp_path / "m").config == load_model(source).config
    assert not same_weights(weights(load_model(tmp_path / "m")), weights(load_model(source)))


def test_wrong_settings_are_refused(start):
    wrongs = {"steps": 0, "batch_size": 1, "temperature": 0, "negatives": "hard", "dropout": 1}
    wrongs |= {"optimizer": "sgd", "max_length": 4, "negatives_per_pair": 5, "distillation": 2}
    for name, value in wrongs.items():
        with pytest.raises(InputError, match=name):
            TuneSettings(**{name: value})
    with pytest.raises(InputError, match="60 pairs for batches of 61"):
        start(TuneSettings(batch_size=61))


def test_the_learning_rate_rises_and_falls():
    settings = TuneSettings(steps=100, warmup=0.1, learning_rate=1.0)
    assert [settings.learning_rate_at(done) for done in (0.05, 0.1, 0.55, 1)] == pytest.approx(
        [0.5, 1, 0.5, 0]
    )


def test_the_command_tunes_on_a_file(source, tmp_path):
    rows = [json.dumps({"query": p.query, "positive": p.positive, "about": p.about}) for p in PAIRS]
    (tmp_path / "pairs.jsonl").write_text("\n".join(rows))
    options = ["--steps", "2", "--batch-size", "16", "--max-length", "32", "--device", "cpu", "--json"]
    options += ["--held-out-percent", "10", "--model", str(source), "--negatives", "bm25"]
    done = CliRunner().invoke(
        app, ["tune", "--out", str(tmp_path / "m"), "--pairs", str(tmp_path / "pairs.jsonl"), *options]
    )
    assert done.exit_code == 0, done.output
    last = json.loads(done.stdout.splitlines()[-1])
    assert (last["step"], set(last) >= {"held_out_mrr", "held_out_alignment"}) == (2, True)
    assert isinstance(load_model(tmp_path / "m"), AlbertModel)


def test_the_material_tells_what_it_was_made_of():
    asked = {"packages": ["platformdirs"], "forms": ("body", "plain"), "progress": False}
    once = gather(SMALL, **asked)
    often = gather(SMALL, **asked, often=["platformdirs"], include_private=False)
    assert len(often.pairs) > 5 * len(once.pairs) > 0
    assert "forms: body, plain" in once.origin
    assert f"platformdirs {OFTEN} times as often as the others" in often.origin
    options = ["--package", "platformdirs", "--often", "platformdirs", "--form", "body", "--form", "plain"]
    assert often.options == (*options, "--public-only")
    told = command(TuneSettings(), "docs-mini", often.options)
    assert told == "albert-lab tune --out FOLDER --model docs-mini " + " ".join([*options, "--public-only"])


def test_only_what_sources_use():
    asked = {"packages": ["platformdirs"], "forms": ("plain", "comment"), "include_private": False}
    everything, used = (gather(SMALL, **asked, used=used, progress=False) for used in (False, True))
    about = [{pair.about for pair in each.pairs + each.held_out} for each in (everything, used)]
    assert "platformdirs.PlatformDirsABC.appname" in about[0] - about[1]
    assert 0 < len(about[1]) < len(about[0])
    assert "Only objects that these packages' sources use." in used.origin
    assert used.options[-2:] == ("--public-only", "--used")


def test_every_setting_is_an_option_with_the_same_default():
    import inspect

    from albert_lab.cli.tune import tune as cli_tune

    options = inspect.signature(cli_tune).parameters
    for field in fields(TuneSettings):
        assert options[field.name].default == field.default, field.name
    assert (tuple(Negatives), tuple(Forms)) == (MINERS, (*FORMS, COMMENT))


def test_the_cards_command_and_the_lines_on_the_screen():
    assert command(TuneSettings(), "docs-mini") == "albert-lab tune --out FOLDER --model docs-mini"
    assert command(TuneSettings(symmetric=False, seed=2), "m").endswith("--seed 2 --no-symmetric")
    record = {"step": 500, "seconds": 600.0, "loss": 1.25, "tokens": 3_000_000}
    assert line(record, 2000) == "step 500 of 2,000  loss 1.250  3.0M tokens  30 min left"
    record = {"step": 0, "held_out_mrr": 0.5, "held_out_mrr_low": 0.4, "held_out_mrr_high": 0.6}
    assert line(record, 10) == "step 0 of 10  held out: MRR@10 0.500 [0.400, 0.600]"
    assert line({"step": 0}, 10).endswith("nothing is held out")
