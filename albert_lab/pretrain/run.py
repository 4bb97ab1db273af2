"""From installed packages to a model in a folder: what ``albert-lab pretrain`` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from albert_lab.errors import InputError
from albert_lab.model.checkpoint import save_model
from albert_lab.model.devices import checked_device
from albert_lab.paths import atomic_write
from albert_lab.pretrain.card import model_card
from albert_lab.pretrain.data import EncodedTexts, encode_documents, special_ids, split_documents
from albert_lab.pretrain.settings import Settings
from albert_lab.pretrain.trainer import Pretraining
from albert_lab.text.batches import TextEncoder
from albert_lab.text.corpus import DEFAULT_PACKAGES, build_corpus
from albert_lab.text.tokenizer import load_tokenizer, train_tokenizer
from albert_lab.training.ranks import joined
from albert_lab.training.run_folder import claim_results, claimed

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from albert_lab.text.corpus import Corpus

# Packages that come with the course's own dependencies and bring much prose: more text to learn from.
COMPANIONS = (
    "sympy", "networkx", "IPython", "PIL", "fontTools", "pyarrow", "tornado", "jinja2", "huggingface_hub",
    "jupyterlab", "jupyter_server", "nbconvert", "traitlets", "jedi", "pygments", "rich", "mpmath", "fsspec",
    "ipywidgets", "typer", "click",
)  # fmt: skip
PRETRAINING_PACKAGES = (*DEFAULT_PACKAGES, *COMPANIONS)
CORPUS_FILE = "training_corpus.json"


@dataclass(frozen=True)
class Prepared:
    """All that a run needs: the encoded texts, the tokenizer, and what the card says of the corpus."""

    training: EncodedTexts
    held_out: EncodedTexts
    tokenizer: PreTrainedTokenizerFast
    statistics: dict[str, object]


def prepare(
    settings: Settings,
    folder: Path,
    *,
    packages: Sequence[str] = PRETRAINING_PACKAGES,
    include_private: bool = True,
    tokenizer: str | Path | None = None,
    progress: bool = True,
    writes: bool = True,
) -> Prepared:
    """Read the corpus, split it, and train a tokenizer (or take one) that is saved in `folder`.

    A tokenizer that stands in `folder` already, from a run that was interrupted, is used again. With
    ``writes=False``, for a process beside the one that writes, nothing is saved.

    Raises:
        CorpusError: a package that was asked for is not installed.
        CheckpointError: `tokenizer` is no folder with a tokenizer.
    """
    from albert_lab.model.config import AlbertConfig

    corpus = build_corpus(packages, include_private=include_private, progress=progress)
    training, held_out = split_documents(corpus, settings.held_out_percent)
    if all((folder / name).exists() for name in ("tokenizer.json", "tokenizer_config.json")):
        learnt = load_tokenizer(folder)
    elif tokenizer is not None:
        learnt = load_tokenizer(tokenizer)
    else:
        vocab_size = AlbertConfig.named(settings.size).vocab_size
        texts = (paragraph for document in training for paragraph in document)
        learnt = train_tokenizer(texts, vocab_size, max_length=settings.max_length, allow_fewer=True)
    special_ids(learnt)
    TextEncoder(learnt).known_pieces([paragraph for document in training for paragraph in document]).check()
    if training and not held_out:
        raise InputError(
            f"Nothing is held out: {settings.held_out_percent:g} % of {len(corpus):,} documents, chosen by "
            "their names, gave none whose text stands nowhere else.",
            expected="at least one document to measure on",
            mend="raise --held-out-percent, or read more packages",
        )
    encoded, held = encode_documents(training, learnt), encode_documents(held_out, learnt)
    if writes:
        learnt.save_pretrained(folder)
    return Prepared(encoded, held, learnt, _statistics(corpus, encoded, held, include_private))


def pretrain(
    settings: Settings,
    folder: Path | str,
    *,
    packages: Sequence[str] = PRETRAINING_PACKAGES,
    include_private: bool = True,
    tokenizer: str | Path | None = None,
    device: str | None = None,
    save_every: float = 180.0,
    progress: bool = True,
    report: Callable[[dict], None] = lambda record: None,
) -> dict[str, float]:
    """Pretrain a model from the documentation on this machine into `folder`; return its held-out metrics.

    The folder ends as an ordinary Hugging Face folder with a card and the training log. Called again after
    an interruption with the same settings, it goes on from the last state saved. Processes that ``torchrun``
    started share the work; the folder must be one that all of them see.

    Raises:
        OutputError: the folder holds a finished model, or files that a run would replace.
        InputError: no text, or none that is held out; a tokenizer that does not fit.
        CheckpointError: the folder holds a run with other settings or other text.
    """
    folder = Path(folder)
    device = None if device is None else str(checked_device(device))
    with joined(device) as (ranks, own):
        with claimed(folder) if ranks.is_first else nullcontext():
            with ranks.first_goes_first():
                prepared = prepare(
                    settings,
                    folder,
                    packages=packages,
                    include_private=include_private,
                    tokenizer=tokenizer,
                    progress=progress and ranks.is_first,
                    writes=ranks.is_first,
                )
            texts = prepared.training, prepared.held_out
            run = Pretraining(settings, *texts, prepared.tokenizer, folder, own, ranks)
        metrics = run.run(save_every=save_every, report=report if ranks.is_first else lambda record: None)
        if ranks.is_first:
            finish(run, prepared, metrics)
    return metrics


def finish(run: Pretraining, prepared: Prepared, metrics: dict[str, float]) -> None:
    """Write the model, its card and the corpus' statistics into the run's folder; drop the state."""
    folder, card = run.folder.path, model_card(run, prepared.statistics, metrics)
    claim_results(folder)
    with atomic_write(folder / CORPUS_FILE) as temporary:
        temporary.write_text(json.dumps(prepared.statistics, indent=2) + "\n")
    with atomic_write(folder / "README.md") as temporary:
        temporary.write_text(card)
    save_model(run.model, folder)
    run.folder.clear()


def _statistics(
    corpus: Corpus, training: EncodedTexts, held_out: EncodedTexts, include_private: bool
) -> dict[str, object]:
    return {
        "packages": {
            name: {"version": documents[0].version, "documents": len(documents)}
            for name, documents in corpus.by_package().items()
            if documents
        },
        "private_objects": include_private,
        "training": {"documents": len(training), "tokens": training.num_tokens},
        "held_out": {"documents": len(held_out), "tokens": held_out.num_tokens},
        "fingerprint": training.fingerprint(),
    }
