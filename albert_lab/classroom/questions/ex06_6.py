"""ex06_6: the memory of a training step when layers share."""

from __future__ import annotations

import numpy as np
import torch

from albert_lab.classroom.question import QuestionBuilder

ask = QuestionBuilder(
    id="ex06_6",
    title="The memory of a training step",
    kind="predict",
    objectives=("LO-06.5",),
    points=1,
    minutes=5,
    difficulty=2,
    importance=4,
    why=(
        "Weights, gradients and moments belong to tensors, and of those there is one set. Activations belong "
        "to calls, because the way back needs what each of the twelve calls has computed."
    ),
)

OUTSIDE, LAYER, CALLS, KEPT = 2, 3, 12, 50  # millions of numbers outside, in a layer; calls; MB kept per call


@ask.reference
def megabytes() -> int:
    stored = OUTSIDE + LAYER  # one set, whatever the number of calls
    return 16 * stored + CALLS * KEPT  # weight, gradient, two moments; what every call keeps


ask.mistake("you kept the activations of one call: each call keeps its own, of its own input", 130)
ask.mistake("you stored twelve sets of layer weights", 1208)
ask.mistake("you stored twelve sets, and kept the activations of one call: just the wrong way round", 658)
ask.mistake("you forgot the activations", 80)
ask.mistake("you counted the activations alone", 600)
ask.mistake("you counted the weights alone, 4 bytes each", 620)
ask.mistake("you counted two of the four numbers that training holds for each weight", 640)
ask.mistake("you counted three of the four numbers that training holds for each weight", 660)
ask.mistake("you forgot what lies outside of the layers, or answered in MiB and rounded", 648)
ask.mistake("you forgot the layer, and counted what lies outside", 632)
ask.mistake("you counted numbers, not bytes, for all that is stored", 605)
ask.mistake("you stored the whole network once per call, and not only the layer", 1560)
ask.mistake("you answered in MiB, of 1,048,576 bytes; a MB is a million", 680e6 / 2**20)
ask.mistake("you answered in GB", 0.68)
ask.mistake("you counted five numbers for each weight: Adam has two moments, and no third", 700)
ask.mistake("you stored twelve sets, and forgot the activations", 608)
ask.mistake("you stored twelve sets, and counted the weights alone with the activations", 752)
ask.mistake("you counted the weights alone, and kept the activations of one call", 70)
ask.mistake("you stored twelve sets, and forgot what lies outside of the layers", 1176)
ask.mistake("you counted the weights alone, without gradients, moments and activations", 20)
ask.mistake("you counted the activations twice, as if the gradients on the way back were kept", 1280)
ask.mistake("you kept the activations of eleven calls: the last one needs its own, too", 630)
ask.mistake("you answered in bytes, not in MB", 680_000_000)
ask.mistake("you counted each weight with eight bytes, as float64 has, for all four numbers", 760)

ask.right(680.0, np.int64(680), torch.tensor(680))
