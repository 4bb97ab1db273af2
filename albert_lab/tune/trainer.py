"""Contrastive tuning as a task of the training loop: its batches, its loss, its measures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.albert import AlbertModel
from albert_lab.paths import atomic_write
from albert_lab.text.batches import TextEncoder, length_batches, padded_lengths
from albert_lab.training.loop import Trainer
from albert_lab.training.ranks import ALONE, Ranks
from albert_lab.tune.contrastive import contrastive_loss, distillation_loss, mine_negatives, same_thing
from albert_lab.tune.pairs import TextPair
from albert_lab.tune.settings import TuneSettings
from albert_lab.tune.teacher import Remembered
from albert_lab.vectors.evaluate import alignment, bootstrap, uniformity
from albert_lab.vectors.extractor import Extractor
from albert_lab.vectors.index import best
from albert_lab.vectors.network import model_fingerprint, pooled

Teacher = Callable[[Sequence[str]], np.ndarray]
MINED_FILE = "negatives-{}-{}-{}.npy"
_MINED, _EVALUATED = 4, 1000


class Tuning(Trainer):
    """One contrastive training run in one folder. The model is changed.

    Args:
        settings: what decides the weights.
        model: ours, with the weights to begin with.
        tokenizer: the one that belongs to it.
        pairs, held_out: texts that mean the same, to train on and to measure on.
        folder: where the state and the log stand; a state found there is gone on from.
        teacher: texts -> vectors (n, any), for `settings.distillation`.
        device: "cpu", "cuda", or None for a GPU where there is one.
        ranks: the processes that train together; with dropout, other random numbers for each number of them.

    Raises:
        InputError: fewer pairs than a batch, texts longer than the model takes, a tokenizer that knows almost
            no piece of them, or distillation without a teacher.
        CheckpointError: the folder holds the state of a run with other settings, pairs or first weights.
    """

    log_every, measures_first = 20, True
    settings: TuneSettings

    def __init__(
        self,
        settings: TuneSettings,
        model: AlbertModel,
        tokenizer: Any,
        pairs: Sequence[TextPair],
        held_out: Sequence[TextPair],
        folder: Path | str,
        *,
        teacher: Teacher | None = None,
        device: str | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        if len(pairs) < settings.batch_size:
            raise InputError(
                f"{len(pairs)} pairs for batches of {settings.batch_size}.",
                expected="at least as many pairs as a batch holds",
                mend="bring more pairs, or lower batch_size",
            )
        if settings.distillation and teacher is None:
            raise InputError("distillation needs a teacher.", expected="a function from texts to vectors")
        self.pairs, self.held_out, self.teacher = list(pairs), list(held_out), teacher
        self.tokenizer, self.encoder = tokenizer, TextEncoder(tokenizer)
        self.encoder.longest_input(model.config, settings.max_length)
        sides = [text for pair in pairs for text in (pair.query, pair.positive)]
        self.encoder.known_pieces(sides).check()
        torch.manual_seed(settings.seed)
        identity = {"pairs": _checksum(pairs), "first": model_fingerprint(model)}
        alone = 1 if settings.dropout > 0 else None  # threads would share random numbers
        super().__init__(settings, model, folder, identity, device=device, shards=alone, ranks=ranks)

    def prepare(self) -> None:
        """Mine hard negatives by the first weights; let the teacher read all that the steps will need."""
        self.negatives = self._mined()
        if self.settings.distillation:
            self.taught = Remembered(self.teacher, self._to_be_taught(), self.folder.path)

    def _to_be_taught(self) -> set[str]:
        """All texts of the pairs; where not all pairs will be seen, those of the steps."""
        if self.settings.steps * self.settings.batch_size >= len(self.pairs):
            return set(_texts(self.pairs, []))
        work = map(self._batch, range(self.settings.steps))
        return {text for pairs, negatives in work for text in _texts(pairs, negatives)}

    @property
    def progress(self) -> float:
        """The share of the steps done so far, 0 to 1."""
        return self.position.step / self.settings.steps

    def steps(self) -> Iterator[tuple[list[TextPair], list[TextPair]]]:
        """Pairs and hard negatives of each update that is left."""
        while not self.finished:
            batch = self._batch(self.position.step)
            self.position.step += 1
            self.position.epoch = self.position.step // (len(self.pairs) // self.settings.batch_size)
            yield batch

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors (n, H) of texts by the weights as they are now."""
        extractor = Extractor(self.model, self.tokenizer, normalize=True, max_length=self.settings.max_length)
        return extractor.sentences(list(texts), lambda done: None)[0]

    def evaluate(self) -> dict[str, float]:
        """MRR@10 of finding the partner among all held-out documents, its interval, alignment, uniformity."""
        pairs = self.held_out[:_EVALUATED]
        if len(pairs) < 2:
            return {}
        queries, documents = (self.embed([getattr(p, name) for p in pairs]) for name in ("query", "positive"))
        cosines = queries @ documents.T
        places = [np.flatnonzero(best(row, 10) == number) for number, row in enumerate(cosines)]
        mrr = bootstrap(np.array([1 / (place[0] + 1) if len(place) else 0.0 for place in places]))
        return {
            **{"mrr": mrr.mean, "mrr_low": mrr.low, "mrr_high": mrr.high},
            **{"alignment": alignment(queries, documents), "uniformity": uniformity(documents)},
        }

    def _mined(self) -> np.ndarray | None:
        """Hard negatives for all pairs, (n, 4); kept in the folder, so that a resumed run need not mine."""
        how, identity = self.settings.negatives, self.folder.identity
        if how == "none":
            return None
        name = MINED_FILE.format(how, identity["pairs"], identity["first"][:16])
        path = self.folder.path / name
        if path.exists():
            return np.load(path)
        mined = mine_negatives(self.pairs, how, _MINED, embed=self.embed)
        with atomic_write(path) as temporary, temporary.open("wb") as file:
            np.save(file, mined)
        return mined

    def _batch(self, step: int) -> tuple[list[TextPair], list[TextPair]]:
        """Pairs and hard negatives of update `step`: a function of (pairs, seed, step) alone."""
        B = self.settings.batch_size
        epoch, number = divmod(step, len(self.pairs) // B)
        order = np.random.default_rng([self.settings.seed, epoch]).permutation(len(self.pairs))
        chosen = order[number * B : (number + 1) * B]
        if self.negatives is None:
            return [self.pairs[i] for i in chosen], []
        rng = np.random.default_rng([self.settings.seed, epoch, number])
        columns = rng.permuted(np.tile(np.arange(_MINED), (B, 1)), axis=1)[
            :, : self.settings.negatives_per_pair
        ]
        hard = self.negatives[chosen[:, None], columns].ravel()
        return [self.pairs[i] for i in chosen], [self.pairs[i] for i in np.unique(hard[hard >= 0])]

    def gradients(
        self, work: tuple[list[TextPair], list[TextPair]], pool: ThreadPoolExecutor
    ) -> dict[str, float]:
        """Gradients of the loss. Texts are run in parts of similar length; the loss joins the parts' vectors.

        dL/dw = Σ over parts of (dL/dvectors of the part) · (dvectors/dw), so the parts can be run, and
        differentiated, at the same time, and by several processes: all of them have all vectors.
        """
        pairs, negatives = work
        texts = _texts(pairs, negatives)
        parts = self._parts(texts)
        own = self.ranks.mine(parts)
        outputs = list(pool.map(lambda part: _run(self.model, *part[1:]), own))  # (b, H) each
        vectors = torch.zeros(len(texts), self.model.config.hidden_size, device=self.device)
        for (rows, *_), output in zip(own, outputs, strict=True):
            vectors[rows] = output.detach().float()
        vectors = self.ranks.summed(vectors).requires_grad_()  # (2B + M, H)
        same = torch.from_numpy(same_thing(pairs, negatives)).to(self.device)
        loss = self._loss(vectors[: len(pairs)], vectors[len(pairs) :], same, texts)
        (slope,) = torch.autograd.grad(loss, vectors)
        slopes = [slope[rows].to(output.dtype) for (rows, *_), output in zip(own, outputs, strict=True)]
        self.set_gradients(pool.map(self._part_gradients, outputs, slopes))
        self.position.tokens += sum(
            int(ids.numel() if mask is None else mask.sum()) for _, ids, mask in parts
        )
        return {"loss": float(loss.detach())}

    def _part_gradients(self, output: Tensor, slope: Tensor) -> tuple[Tensor | None, ...]:
        return torch.autograd.grad(output, self.parameters, slope, allow_unused=True)

    def _loss(self, queries: Tensor, documents: Tensor, same: Tensor, texts: list[str]) -> Tensor:
        settings, share = self.settings, self.settings.distillation
        loss = contrastive_loss(queries, documents, settings.temperature, same, symmetric=settings.symmetric)
        if not share:
            return loss
        taught = torch.from_numpy(self.taught(texts)).to(self.device)
        imitation = distillation_loss(torch.cat([queries, documents]), taught, settings.temperature)
        return (1 - share) * loss + share * imitation

    def _parts(self, texts: list[str]) -> list[tuple[np.ndarray, Tensor, Tensor | None]]:
        """Numbers, ids and mask of texts of similar length, for all texts."""
        longest = self.settings.max_length - self.encoder.special_tokens
        rows = [encoding.ids[:longest] for encoding in self.encoder.encode(texts)]
        lengths = padded_lengths(
            [len(row) + self.encoder.special_tokens for row in rows], self.settings.max_length
        )
        parts = []
        for batch in length_batches(lengths, self.settings.tokens_per_batch):
            ids, mask = self.encoder.collate([rows[i] for i in batch], lengths[batch[0]])
            mask = None if mask is None else torch.from_numpy(mask).to(self.device)
            parts.append((batch, torch.from_numpy(ids).to(self.device), mask))
        return parts


def _texts(pairs: Sequence[TextPair], negatives: Sequence[TextPair]) -> list[str]:
    """Questions, their partners, hard negatives."""
    return [pair.query for pair in pairs] + [pair.positive for pair in [*pairs, *negatives]]


def _run(model: nn.Module, ids: Tensor, mask: Tensor | None) -> Tensor:
    with torch.autocast("cuda", torch.bfloat16, enabled=ids.device.type == "cuda"):
        return pooled(model, ids, mask, "mean", -1)


def _checksum(pairs: Sequence[TextPair]) -> str:
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(json.dumps([pair.query, pair.positive, pair.about]).encode())
    return digest.hexdigest()[:16]
