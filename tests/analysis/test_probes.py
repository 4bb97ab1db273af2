from __future__ import annotations

import pytest
import torch

from albert_lab.analysis import SENTENCES, guessing_task
from albert_lab.errors import InputError
from albert_lab.text.tokenizer import train_tokenizer


def test_one_token_is_hidden_in_each_row():
    tokenizer = train_tokenizer(list(SENTENCES) * 5, vocab_size=60, allow_fewer=True)
    texts = ["The keys of the dictionary.", "A copy of the array is returned, with the same type."]
    batch, labels = guessing_task(tokenizer, texts, every=4)
    whole = [tokenizer(text).input_ids for text in texts]
    assert len(labels) == sum(len(range(1, len(ids) - 1, 4)) for ids in whole)
    for ids, mask, label in zip(batch["input_ids"], batch["attention_mask"], labels, strict=True):
        (spot,) = (label != -100).nonzero()[:, 0].tolist()
        assert ids[spot] == tokenizer.mask_token_id
        restored = torch.where(label == -100, ids, label)[mask.bool()].tolist()
        assert restored in whole
        assert spot % 4 == 1
    assert (batch["input_ids"] == tokenizer.mask_token_id).sum() == len(labels)


@pytest.mark.parametrize("texts", [[], [""]])
def test_nothing_to_hide(texts):
    tokenizer = train_tokenizer(list(SENTENCES) * 5, vocab_size=60, allow_fewer=True)
    with pytest.raises(InputError, match="to hide"):
        guessing_task(tokenizer, texts)
