"""How well a network guesses on given documents: the same masks and orders for everyone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch

from albert_lab.model.heads import AlbertForPreTraining
from albert_lab.pretrain.data import Batch, BatchStream, EncodedTexts
from albert_lab.pretrain.network import pretraining_losses, to_tensors
from albert_lab.pretrain.objectives import SpecialIds
from albert_lab.pretrain.trainer import means


@torch.inference_mode()
def exam(
    model: AlbertForPreTraining,
    texts: EncodedTexts,
    special: SpecialIds,
    *,
    max_length: int = 128,
    passes: int = 1,
    seed: int = 0,
    shuffled: bool = False,
) -> dict[str, float]:
    """Losses (nats) and accuracies of both tasks, the model in eval mode: masked_loss, masked_accuracy, ….

    Args:
        texts: the documents, best such that the model was not trained on.
        special: ids of the special tokens.
        max_length: the longest example, special tokens included.
        passes: how often to go through the documents, each time with other masks.
        seed: decides masks, chunks and orders; nothing about the model does.
        shuffled: let all tokens that are not asked about change places within their text. Who only counts
            pieces loses nothing by it; who reads the context does.
    """
    stream = BatchStream(texts, special, max_length=max_length, tokens_per_batch=4096, seed=seed)
    rng, sums = np.random.default_rng(seed), Counter()
    device, training = next(model.parameters()).device, model.training
    model.eval()
    for epoch in range(passes):
        for number, chunks in enumerate(stream.plan(epoch)):
            batch = stream.batch(epoch, number, chunks)
            if shuffled:
                _shuffle_context(batch, special, rng)
            (tensors,) = to_tensors(batch, device)
            sums.update(pretraining_losses(model, tensors).sums())
    model.train(training)
    return means(sums)


def _shuffle_context(batch: Batch, special: SpecialIds, rng: np.random.Generator) -> None:
    """Permute, in place and within each text, all but special tokens and masked positions."""
    kept = [special.cls, special.sep, special.pad, special.mask]
    for ids, positions in zip(batch.input_ids, batch.masked_positions, strict=True):
        free = np.setdiff1d(np.flatnonzero(~np.isin(ids, kept)), positions)
        ids[free] = ids[rng.permutation(free)]
