"""From examples to a fitted model in a folder, and back: ``albert-lab finetune`` and ``predict``."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from albert_lab.downstream.answer import AnswerTask
from albert_lab.downstream.classify import Classify
from albert_lab.downstream.data import Splits
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.settings import FinetuneSettings
from albert_lab.downstream.tag import Tag
from albert_lab.downstream.task import Reader, Task
from albert_lab.downstream.trainer import FineTuning
from albert_lab.downstream.translate import Translate
from albert_lab.errors import CheckpointError, InputError
from albert_lab.model.albert import AlbertModel
from albert_lab.model.checkpoint import load_model, save_model
from albert_lab.model.devices import checked_device
from albert_lab.model.sources import DEFAULT_SOURCE, read_architectures, read_config, resolve
from albert_lab.paths import atomic_write
from albert_lab.text.tokenizer import load_tokenizer
from albert_lab.training.run_folder import claim_results, claimed

TASKS: Mapping[str, type[Task]] = {
    "classify": Classify,
    "tag": Tag,
    "answer": AnswerTask,
    "translate": Translate,
}


def task_called(name: str) -> Task:
    """The task of that name.

    Raises:
        InputError: there is none.
    """
    if name not in TASKS:
        raise InputError(f"there is no task {name!r}.", expected=", ".join(TASKS))
    return TASKS[name]()


def finetune(
    task: Task | str,
    data: Splits[Any],
    folder: Path | str,
    settings: FinetuneSettings | None = None,
    *,
    source: str | Path | None = None,
    device: str | None = None,
    save_every: float = 180.0,
    report: Callable[[dict], None] = lambda record: None,
    told: str = "DATA",
) -> Scores:
    """Fine-tune a model on the training side into `folder`; return its measures on the test side.

    The development side decides when to stop; the test side is looked at once, at the end. The folder ends
    as an ordinary Hugging Face folder with the names of the labels, a card and the log. Called again after an
    interruption with the same settings, it goes on from the last state saved.

    Args:
        source: the model to begin with, as `load_model` takes it; None = docs-mini, or what `task.begin`
            makes. A head of the same kind with the same labels is gone on with, any other begins at random.
        told: the data in the card's command.

    Raises:
        OutputError: the folder holds a finished model, or files that a run would replace.
        InputError: texts longer than the model takes, one label only.
        CheckpointError: no such model, or the folder holds a run that differs.
    """
    task = task_called(task) if isinstance(task, str) else task
    settings, folder = settings or FinetuneSettings(), Path(folder)
    device = None if device is None else str(checked_device(device))
    begun = task.begin(data, settings) if source is None else None
    if begun is None:
        source = source or DEFAULT_SOURCE
        model = first_model(task, source, task.labels(data.training), settings)
        tokenizer = load_tokenizer(resolve(source))
    else:
        model, tokenizer = begun
    labels = tuple((model.config.id2label or {}).values()) if task.labels(data.training) else ()
    with claimed(folder):
        run = FineTuning(
            settings, task, model, tokenizer, labels, data.training, data.development, folder, device=device
        )
    run.fit(save_every=save_every, report=report)
    scores = task.scores(data.test, run.reader.predict(data.test))
    words = ["albert-lab", "finetune", task.name, told, "--out", "FOLDER"]
    words += [] if source is None else ["--model", str(source)]
    origin = "with random weights" if source is None else f"as {source}"
    _finish(run, _card(run, data, shlex.join([*words, *settings.options()]), origin, scores))
    return scores


def first_model(
    task: Task, source: str | Path, labels: Sequence[str], settings: FinetuneSettings
) -> nn.Module:
    """The network with the task's head: the source's own if it tells the same labels apart, else a new one.

    A new head's weights are drawn with `settings.seed`.
    """
    torch.manual_seed(settings.seed)
    changes: dict[str, Any] = {"classifier_dropout_prob": settings.head_dropout}
    if settings.dropout:
        changes |= dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), settings.dropout)
    if settings.layers:
        changes["num_hidden_layers"] = settings.layers
    folder = resolve(source)
    there = read_config(folder).id2label or {}
    same_head = task.head.__name__ in read_architectures(folder)
    if same_head and {str(name) for name in there.values()} == set(labels):
        return load_model(source, task.head, **changes)
    body = load_model(source, AlbertModel, **changes)
    config = dataclasses.replace(
        body.config, num_labels=len(labels) or 2, id2label=dict(enumerate(labels)) or None, problem_type=None
    )
    model = task.head(config)
    missing = model.albert.load_state_dict(body.state_dict(), strict=False).missing_keys
    if missing:  # the checkpoint has no pooler: it begins at random, like the head
        assert all(name.startswith("pooler.") for name in missing)
    return model.eval()


def load_fitted(folder: Path | str, *, device: str | None = None, max_length: int | None = None) -> Reader:
    """The network of a folder that `finetune` or transformers wrote, ready to answer.

    Raises:
        CheckpointError: no such folder, or a model without one of the tasks' heads.
    """
    place = resolve(folder)
    named = read_architectures(place)
    task = next((kind() for kind in TASKS.values() if kind.head.__name__ in named), None)
    if task is None:
        raise CheckpointError(
            f"{folder} holds a {', '.join(named) or 'model without a name'}, which answers nothing.",
            expected=" or ".join(kind.head.__name__ for kind in TASKS.values()),
            mend="fine-tune it: albert-lab finetune --help",
        )
    model = load_model(place, task.head)
    if device is not None:
        model = model.to(checked_device(device))
    labels = model.config.id2label or {i: f"LABEL_{i}" for i in range(model.config.num_labels)}
    names = tuple(str(labels[i]) for i in sorted(labels))
    return Reader(task, model, load_tokenizer(place), names, max_length)


def _finish(run: FineTuning, card: str) -> None:
    """Write tokenizer, card and, last, the model into the run's folder; drop the state.

    The dropout of the settings goes into the config: a later training begins with it, use has none.
    """
    folder = run.folder.path
    claim_results(folder)
    tokenizer = run.reader.tokenizer
    tokenizer.model_max_length = run.reader.max_length
    tokenizer.save_pretrained(folder)
    with atomic_write(folder / "README.md") as temporary:
        temporary.write_text(card, encoding="utf-8")
    save_model(run.model, folder)
    run.folder.clear()


def _card(run: FineTuning, data: Splits[Any], command: str, began: str, scores: Scores) -> str:
    position, settings = run.position, run.settings
    return _CARD.format(
        name=run.folder.path.resolve().name,
        task=run.task.name,
        readers=run.task.readers,
        began=began,
        labels=f"Labels: {', '.join(run.reader.labels)}. " if run.reader.labels else "",
        command=command,
        origin=data.origin,
        sizes=data.sizes(),
        position=position,
        best=position.best_step if settings.patience else position.step,
        minutes=position.seconds / 60,
        values="\n".join(f"| {name} | {value} |" for name, value in settings.to_dict().items()),
        metrics="\n".join(f"| {name} | {score} |" for name, score in scores.items()),
    )


_CARD = """---
language: en
tags: [albert, {task}]
---

# {name}

An ALBERT fine-tuned to {task}, with the course albert-lab. It began {began}. {labels}
{readers}

## How it was made

`{command}`

{position.step:,} steps, {position.tokens:,} tokens, {minutes:.1f} minutes; the weights are of step {best:,}.
The whole course is in `training_log.jsonl`.

| setting | value |
|---|---|
{values}

## Data

{origin} Examples: {sizes}. The sides share no group. The text itself is not part of the folder.

## Measured on the test side

With 95 % intervals from resampling the test examples.

| | |
|---|---|
{metrics}
"""
