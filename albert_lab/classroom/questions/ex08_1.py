"""ex08_1: predict the parameters of an ALBERT that nobody has published."""

from __future__ import annotations

import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex08_1",
    title="An ALBERT with two sets of layers",
    kind="predict",
    objectives=("LO-08.1",),
    points=2,
    minutes=10,
    difficulty=2,
    importance=4,
    why=(
        "Only what has numbers of its own is stored, and each set once: two sets, called six times "
        "each, are two sets. A table grows with its rows alone, so 2,000 more pieces or 512 more places"
        " cost E each."
    ),
)


@ask.reference
def stored() -> int:
    V, P, E, H, sets = 32_000, 1_024, 128, 768, 2
    tables = V * E + P * E + 2 * E
    norm_and_projection = 2 * E + (E * H + H)
    one_set = 4 * (H * H + H) + (8 * H * H + 5 * H) + 4 * H
    return tables + norm_and_projection + sets * one_set + (H * H + H)


_ONE_SET = 12 * 768**2 + 13 * 768


ask.mistake("you counted one set of layer weights, as if all twelve layers shared", stored() - _ONE_SET)
ask.mistake("you counted twelve sets of layer weights: calls are not stored", stored() + 10 * _ONE_SET)
ask.mistake("you stored six sets: that is how often each of the two is called", stored() + 4 * _ONE_SET)
ask.mistake("there is one place too many: they are numbered from 0 to 1,023", stored() + 128)
ask.mistake("E numbers are missing: one place (0 is a place, too), one segment or a shift", stored() - 128)
ask.mistake("the vocabulary is still the one of ALBERT-base", stored() - 2_000 * 128)
ask.mistake("the positions are still the 512 of ALBERT-base", stored() - 512 * 128)
ask.mistake("pieces and positions are still those of ALBERT-base", stored() - 2_512 * 128)
ask.mistake("that is ALBERT-base itself, without any of the three changes", 11_683_584)
ask.mistake("the pooler is missing", stored() - (768**2 + 768))
ask.mistake("the pooler or the projection from E to H has no bias", stored() - 768)
ask.mistake("one bias of H is missing in each set, or those of pooler and projection", stored() - 2 * 768)
ask.mistake("the projection from E to H is missing", stored() - (128 * 768 + 768))
ask.mistake("the segments or the LayerNorm of the embeddings are missing", stored() - 2 * 128)
ask.mistake("the LayerNorm of the embeddings is H wide", stored() + 2 * 768 - 2 * 128)
ask.mistake("each set has one LayerNorm, or two without shifts", stored() - 2 * 2 * 768)
ask.mistake(
    "4H numbers are missing in each set: both LayerNorms, the biases of attention, or that of ffn",
    stored() - 2 * 4 * 768,
)
ask.mistake("no matrix of the two sets has a bias", stored() - 2 * 9 * 768)
ask.mistake("each set is 12 H² only: its biases and LayerNorms are missing", stored() - 2 * 13 * 768)
ask.mistake("the matrix after attention, W_O, is missing in each set", stored() - 2 * (768**2 + 768))
ask.mistake("the way back from 4H to H is missing in each set", stored() - 2 * (4 * 768**2 + 768))
ask.mistake("the feed-forward network has no biases", stored() - 2 * 5 * 768)
ask.mistake("the word table is H wide", stored() + 32_000 * (768 - 128))
ask.mistake(
    "all three tables are H wide; only what comes after the projection is",
    stored() + (32_000 + 1_024 + 2) * (768 - 128),
)
ask.mistake("the pretraining heads are counted as well", stored() + 768 * 128 + 3 * 128 + 32_000 + 1_538)
ask.mistake("there are two poolers, one per set", stored() + (768**2 + 768))

ask.right(float(stored()), torch.tensor(stored()), torch.tensor(stored(), dtype=torch.float64))
