"""From pairs to a sentence model in a folder: what ``albert-lab tune`` does."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from albert_lab.errors import InputError
from albert_lab.model.albert import AlbertModel
from albert_lab.model.checkpoint import load_model, save_model
from albert_lab.model.devices import checked_device
from albert_lab.model.sources import DEFAULT_SOURCE, resolve
from albert_lab.paths import atomic_write, cache_dir
from albert_lab.retrieval.usage import usage_of
from albert_lab.text.corpus import Corpus, Document, build_corpus
from albert_lab.text.splits import held_out_bucket
from albert_lab.text.tokenizer import load_tokenizer
from albert_lab.training.ranks import joined
from albert_lab.training.run_folder import claim_results, claimed
from albert_lab.tune.pairs import (
    COMMENT,
    FORMS,
    OFTEN,
    TextPair,
    documentation_pairs,
    read_pairs,
    repeated_pairs,
)
from albert_lab.tune.settings import TuneSettings
from albert_lab.tune.teacher import VECTORS_FILE, teacher_of
from albert_lab.tune.trainer import Tuning
from albert_lab.vectors.sentence import SentenceNotes, write_notes


@dataclass(frozen=True)
class Material:
    """Pairs to train on, pairs held out; for the card, where they are from and which options ask for them."""

    pairs: list[TextPair]
    held_out: list[TextPair]
    origin: str
    options: tuple[str, ...] = ()


def gather(
    settings: TuneSettings,
    *,
    pairs: Path | str | None = None,
    packages: Sequence[str] | None = None,
    include_private: bool = True,
    forms: Sequence[str] = FORMS,
    often: Sequence[str] = (),
    simcse: bool = False,
    used: bool = False,
    progress: bool = True,
) -> Material:
    """The pairs of a file, or of the documentation of packages (None = the default set).

    Args:
        pairs: a file for `read_pairs`; its held-out side is chosen by a hash of `about`, or of the question.
        often: packages whose documents are gone through several times, see `documentation_pairs`.
        used: only objects that installed sources use, those without a docstring among them.
        simcse: each text with itself instead: of the file the questions, of the documentation the summaries.

    Raises:
        InputError: a file that cannot be read, or an unknown form.
        CorpusError: a package that is not installed.
    """
    percent = settings.held_out_percent
    if pairs is not None:
        found = read_pairs(pairs)
        held = [pair for pair in found if held_out_bucket(pair.about or pair.query) < percent]
        sides = ("query",) if simcse else ("query", "positive")
        known = {getattr(pair, side) for pair in held for side in sides}
        kept = [pair for pair in found if not {getattr(pair, side) for side in sides} & known]
        origin = f"The file {Path(pairs).name}."
    else:
        corpus = build_corpus(packages, include_private=include_private, complete=used, progress=progress)
        documents: Sequence[Document] = corpus
        comments: Mapping[str, Sequence[str]] = {}
        if used or COMMENT in forms:
            usage = usage_of(corpus, cache_dir() / "index", progress=progress)
            comments = usage.comments
            documents = [each for each in corpus if not used or usage.counts.get(each.name)]
        kept, held = documentation_pairs(documents, percent, forms, often, comments)
        origin = _origin(corpus, forms, often, include_private, used)
    if simcse:
        kept, origin = repeated_pairs(p.query for p in kept), f"{origin} Each text with itself (SimCSE)."
    asked = {"--pairs": [pairs] if pairs else [], "--package": packages or [], "--often": often}
    asked["--form"] = forms if set(forms) != set(FORMS) else []
    flags = {"--public-only": pairs is None and not include_private, "--used": used, "--simcse": simcse}
    return Material(kept, held, origin, _words(asked, flags))


def _words(asked: Mapping[str, Sequence[object]], flags: Mapping[str, bool]) -> tuple[str, ...]:
    """Options as they stand on a command line."""
    options = [word for option, values in asked.items() for value in values for word in (option, str(value))]
    return (*options, *(flag for flag, wanted in flags.items() if wanted))


def _origin(
    corpus: Corpus, forms: Sequence[str], often: Sequence[str], include_private: bool, used: bool = False
) -> str:
    """What the pairs are made of, in words for the card."""
    versions = ", ".join(f"{name} {part[0].version}" for name, part in corpus.by_package().items())
    told = f"Docstrings of {versions}; forms: {', '.join(forms)}; "
    told += f"private objects {'are' if include_private else 'are not'} included."
    told += " Only objects that these packages' sources use." if used else ""
    return f"{told} {', '.join(often)} {OFTEN} times as often as the others." if often else told


def tune(
    settings: TuneSettings,
    folder: Path | str,
    material: Material,
    *,
    source: str | Path | None = None,
    teacher: str | Path | None = None,
    device: str | None = None,
    save_every: float = 180.0,
    report: Callable[[dict], None] = lambda record: None,
) -> dict[str, float]:
    """Tune a model on pairs into `folder`; return its measures on the held-out pairs.

    The folder ends as an ordinary Hugging Face folder, with notes of pooling and normalization that
    sentence-transformers reads too, a card and the log. Called again after an interruption with the same
    settings, it goes on from the last state saved. Processes that ``torchrun`` started share the work; the
    folder must be one that all of them see.

    Args:
        source: the model to begin with, as `load_model` takes it; None = docs-mini.
        teacher: a model whose similarities are imitated, for `settings.distillation`.

    Raises:
        OutputError: the folder holds a finished model, or files that a run would replace.
        InputError: fewer pairs than a batch, texts longer than the model takes, dropout missing for SimCSE,
            distillation without a teacher.
        CheckpointError: no such model, or the folder holds a run that differs.
    """
    folder = Path(folder)
    _check(settings, material)
    device = None if device is None else str(checked_device(device))
    source = source or DEFAULT_SOURCE
    model, tokenizer = _first_model(source, settings), load_tokenizer(resolve(source))
    _check_length(settings, model)
    guide = teacher_of(teacher) if teacher is not None else None
    with joined(device) as (ranks, own):
        with claimed(folder) if ranks.is_first else nullcontext():
            run = Tuning(
                settings, model, tokenizer, material.pairs, material.held_out, folder,
                teacher=guide and (lambda texts: guide.embed(list(texts))), device=own, ranks=ranks,
            )  # fmt: skip
        metrics = run.run(save_every=save_every, report=report if ranks.is_first else lambda record: None)
        if run.finished and ranks.is_first:
            finish(run, material, str(source), metrics, teacher)
    return metrics


def _check_length(settings: TuneSettings, model: AlbertModel) -> None:
    positions = model.config.max_position_embeddings
    if settings.max_length > positions:
        raise InputError(
            f"max_length is {settings.max_length}, and the model has {positions} positions.",
            expected=f"at most {positions}",
            mend=f"--max-length {positions}",
        )


def _check(settings: TuneSettings, material: Material) -> None:
    if not settings.dropout and all(pair.query == pair.positive for pair in material.pairs):
        raise InputError(
            "Every pair is a text with itself, and there is no dropout: both vectors would be the same.",
            expected="dropout above 0, the only difference that SimCSE makes",
            mend="--dropout 0.1 (ALBERT's second version ships without)",
        )


def finish(
    run: Tuning, material: Material, source: str, metrics: dict[str, float], teacher: str | Path | None = None
) -> None:
    """Write tokenizer, notes, card and, last, the model into the run's folder; drop the state."""
    folder, settings = run.folder.path, run.settings
    claim_results(folder)
    plain = load_model(source).config  # training may have added dropout; what ships is as it came
    model = AlbertModel(plain, add_pooling_layer=run.model.pooler is not None)
    model.load_state_dict(run.model.state_dict())
    run.tokenizer.save_pretrained(folder)
    write_notes(folder, SentenceNotes("mean", True, settings.max_length), plain.hidden_size)
    with atomic_write(folder / "README.md") as temporary:
        temporary.write_text(_card(run, material, source, metrics, teacher))
    save_model(model, folder)
    run.folder.clear()
    for pattern in ("negatives-*.npy", VECTORS_FILE.format("*")):
        for path in folder.glob(pattern):
            path.unlink(missing_ok=True)


def command(settings: TuneSettings, source: str, further: Sequence[str] = ()) -> str:
    """The command that starts this run: `further` options, and settings that differ from the defaults."""
    words = ["albert-lab", "tune", "--out", "FOLDER", "--model", source, *further]
    return shlex.join([*words, *settings.options()])


def _first_model(source: str | Path, settings: TuneSettings) -> AlbertModel:
    changes: dict[str, Any] = {}
    if settings.dropout:
        changes = dict.fromkeys(("hidden_dropout_prob", "attention_probs_dropout_prob"), settings.dropout)
    return load_model(source, **changes)


def _card(
    run: Tuning, material: Material, source: str, metrics: dict[str, float], teacher: str | Path | None
) -> str:
    position, settings = run.position, run.settings
    taught_by = [teacher] if teacher else []
    return _CARD.format(
        name=run.folder.path.resolve().name,
        source=source,
        H=run.model.config.hidden_size,
        command=command(settings, source, (*material.options, *_words({"--teacher": taught_by}, {}))),
        origin=material.origin,
        pairs=len(material.pairs),
        held_out=len(material.held_out),
        teacher=_TAUGHT.format(teacher=teacher, share=settings.distillation) if teacher else _ALONE,
        position=position,
        hours=position.seconds / 3600,
        values="\n".join(f"| {name} | {value} |" for name, value in settings.to_dict().items()),
        metrics="\n".join(f"| {name} | {value:.3f} |" for name, value in metrics.items()) or "| none | |",
    )


_ALONE = "There was no teacher."
_TAUGHT = (
    "The teacher was {teacher}: {share:g} of the loss is the KL divergence of the student's similarities "
    "within a batch from the teacher's (Hinton et al. 2015)."
)
_CARD = """---
license: apache-2.0
language: en
library_name: sentence-transformers
tags: [albert, sentence-similarity, documentation]
---

# {name}

An ALBERT tuned so that texts that mean the same have vectors that point in the same direction, for the course
albert-lab. It began as {source}. A text's vector is the mean over its tokens, at length 1 ({H} numbers); the
folder says so in sentence-transformers' form: `SentenceTransformer(folder)` gives the same vectors.

## How it was made

`{command}`

{position.step:,} steps, {position.tokens:,} tokens, {hours:.2f} hours. InfoNCE with in-batch negatives (van
den Oord et al. 2018, arXiv 1807.03748). {teacher} The whole course is in `training_log.jsonl`.

| setting | value |
|---|---|
{values}

## Data

{origin} {pairs:,} pairs to train on; {held_out:,} held out, of objects that gave no pair for training.
The text itself is not part of the folder.

## Measured on the held-out pairs

MRR@10 of finding the partner of a question among the documents of the first 1,000 held-out pairs, with its
95 % interval; alignment and uniformity of Wang and Isola 2020 (arXiv 2005.10242).

| | |
|---|---:|
{metrics}

## Limits

It knows the words of programming documentation in English and little else; everything is lower-cased. It
is made for learning and for finding, not for decisions about people.
"""
