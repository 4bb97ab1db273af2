"""The model card: what a model was made of, how, and what it is good for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from albert_lab.pretrain.settings import Settings

if TYPE_CHECKING:
    from albert_lab.pretrain.trainer import Pretraining


def command(settings: Settings) -> str:
    """The command that starts this run: options that differ from the defaults are written out."""
    return shlex.join(["albert-lab", "pretrain", "--out", "FOLDER", *settings.options()])


def model_card(run: Pretraining, statistics: dict[str, Any], metrics: dict[str, float]) -> str:
    """The card as Markdown, with the front matter that model hubs read."""
    packages = (
        f"| {name} | {entry['version']} | {entry['documents']:,} |"
        for name, entry in statistics["packages"].items()
    )
    return _CARD.format(
        size=run.settings.size,
        config=run.model.config,
        command=command(run.settings),
        position=run.position,
        passes=run.position.epoch + 1,
        hours=run.position.seconds / 3600,
        values="\n".join(f"| {name} | {value} |" for name, value in run.settings.to_dict().items()),
        start=_STARTS[run.settings.start],
        training=statistics["training"],
        held_out=statistics["held_out"],
        private="are" if statistics["private_objects"] else "are not",
        fingerprint=statistics["fingerprint"],
        packages="\n".join(packages),
        metrics=metrics,
    )


_STARTS = {
    "random": "All weights began as random numbers.",
    "informed": """Not all weights began as random numbers (see `albert_lab/pretrain/start.py`). The word
table began as factorized co-occurrence counts of the training text, the position table as sinusoids, and two
of the heads so that they attend one token back and one ahead. Where a head looks at its neighbours, that was
put there and kept; it was not found by training.""",
}

_CARD = """---
license: apache-2.0
language: en
library_name: transformers
tags: [albert, fill-mask, documentation]
---

# {size}

A small ALBERT, pretrained from nothing on the documentation of Python packages, for the course albert-lab.
It is an ordinary Hugging Face folder: `AlbertForPreTraining.from_pretrained` of transformers reads it.

{config.num_hidden_layers} layers that share one set of weights, hidden size {config.hidden_size},
embedding size {config.embedding_size}, {config.num_attention_heads} heads, {config.vocab_size:,} unigram
pieces, texts of up to {config.max_position_embeddings} tokens.

## How it was made

`{command}`

{position.tokens:,} tokens seen in {position.step:,} steps over {passes} passes;
{hours:.2f} hours. Objectives: n-gram masking of whole words (15 %, 80/10/10) and sentence
order, as in Lan et al. 2020 (arXiv 1909.11942). The whole course of the training is in
`training_log.jsonl`.

{start}

| setting | value |
|---|---|
{values}

## Data

Docstrings of the packages below, as installed; the text itself is not part of the model's folder.
Training: {training[documents]:,} documents, {training[tokens]:,} tokens, each paragraph once.
Held out: {held_out[documents]:,} documents, {held_out[tokens]:,} tokens, none of whose paragraphs
(and no sentence of eight words or more) stands in training. Objects whose names begin with an underscore
{private} included. Fingerprint {fingerprint}.

| package | version | documents |
|---|---|---:|
{packages}

## Measured on the held-out documents

| | |
|---|---:|
| masked tokens predicted right | {metrics[masked_accuracy]:.3f} |
| masked-token loss (nats) | {metrics[masked_loss]:.3f} |
| sentence order told right | {metrics[order_accuracy]:.3f} |
| sentence-order loss (nats) | {metrics[order_loss]:.3f} |

## Limits

It knows the words of programming documentation in English and little else; everything is lower-cased. It is a
masked-language model: mean-pooled, its vectors are a poor measure of meaning until they are tuned. It repeats
what documentation says, right or wrong, and is made for learning, not for decisions about people.
"""
