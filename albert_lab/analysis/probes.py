"""Sentences to look at, and a guessing task made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from albert_lab.errors import InputError

# Written for this course, in the manner of documentation, which the built-in model was trained on.
SENTENCES = (
    "Return the index of the first element that is greater than zero.",
    "Open the file and read it line by line.",
    "If the argument is not given, the default value is used.",
    "The function returns a new list and does not change the old one.",
    "Raise an error if the two arrays do not have the same shape.",
    "Draw a line from the first point to the last point.",
    "The name of the file is the first argument of the function.",
    "Compute the mean of the values along the given axis.",
    "This method is called when the connection is closed.",
    "Create a new directory if it does not exist.",
    "The keys of the dictionary must be strings.",
    "Wait until the thread has finished or the timeout has passed.",
    "Set the color of the text in the figure.",
    "A copy of the array is returned, with the same type.",
    "The default is to use the number of samples in the data.",
    "Each item of the list is a tuple of two numbers.",
)


def guessing_task(
    tokenizer: Any, texts: Sequence[str], *, every: int = 3
) -> tuple[dict[str, Tensor], Tensor]:
    """Every third token hidden, one at a time: a batch of (B, T) for a model, and its labels.

    Args:
        tokenizer: with a mask token.
        texts: at least one.
        every: the distance between the tokens that are hidden, each in a row of its own.

    Returns:
        input_ids, attention_mask and what else the tokenizer pads, each (B, T); labels (B, T), the true
        token where one is hidden, -100 elsewhere.

    Raises:
        InputError: no text, or no token that could be hidden.
    """
    hidden, truth = [], []
    for ids in tokenizer(list(texts)).input_ids if texts else []:
        for spot in range(1, len(ids) - 1, every):
            hidden.append([*ids[:spot], tokenizer.mask_token_id, *ids[spot + 1 :]])
            truth.append([-100] * spot + [ids[spot]] + [-100] * (len(ids) - spot - 1))
    if not hidden:
        raise InputError(f"{len(texts)} texts without a token to hide.", expected="texts of one word or more")
    batch = dict(tokenizer.pad({"input_ids": hidden}, return_tensors="pt"))
    length = batch["input_ids"].shape[1]
    return batch, torch.tensor([row + [-100] * (length - len(row)) for row in truth])
