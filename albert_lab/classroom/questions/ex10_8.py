"""ex10_8: vectors with nothing but transformers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import AlbertConfig, AlbertModel, PreTrainedTokenizerFast

from albert_lab.classroom.question import Case, Draw, QuestionBuilder

ask = QuestionBuilder(
    id="ex10_8",
    title="Nothing but transformers",
    kind="implement",
    objectives=("LO-10.7", "LO-10.4"),
    points=3,
    minutes=20,
    difficulty=3,
    importance=5,
    why=(
        "The tokenizer gives the mask, and both the network and the mean need it. hidden_states[0] is what "
        "enters the first layer, so hidden_states[layer] is what layer number `layer` gives out."
    ),
)

READS = 12  # tokens at most
WORDS = [
    *("the", "key", "file", "of", "path", "list", "sort", "open", "line"),
    *("read", "remove", "add", "name", "value", "error", "text", "page", "word"),
]
SPECIAL = ["<pad>", "<unk>", "[CLS]", "[SEP]"]


@ask.reference
def layer_vectors(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    longest = model.config.max_position_embeddings
    batch = tokenizer(texts, padding=True, truncation=True, max_length=longest, return_tensors="pt")
    with torch.inference_mode():
        states = model(**batch, output_hidden_states=True).hidden_states[layer]  # (n, T, H)
    real = batch["attention_mask"].unsqueeze(-1)
    means = (states * real).sum(dim=1) / real.sum(dim=1)
    return torch.nn.functional.normalize(means, dim=1)


class _Pieces(PreTrainedTokenizerFast):
    def __repr__(self) -> str:
        return f"a tokenizer of transformers with {len(self)} pieces"


class _Network(AlbertModel):
    def __repr__(self) -> str:
        c = self.config
        return f"an AlbertModel with {c.num_hidden_layers} layers, H = {c.hidden_size}, in eval mode"


@cache
def _tokenizer() -> _Pieces:
    known = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    pieces = Tokenizer(WordLevel(known, unk_token="<unk>"))
    pieces.pre_tokenizer = Whitespace()
    ends = [("[CLS]", known["[CLS]"]), ("[SEP]", known["[SEP]"])]
    pieces.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return _Pieces(
        tokenizer_object=pieces,
        model_max_length=READS,
        pad_token="<pad>",
        unk_token="<unk>",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def _model(draw: Draw, layers: int = 3, hidden: int = 8) -> _Network:
    """A tiny network with weights large enough that no layer and no token is like another."""
    config = AlbertConfig(
        vocab_size=len(SPECIAL) + len(WORDS),
        embedding_size=6,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=READS,
    )
    model = _Network(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "LayerNorm" not in name and "layer_norm" not in name:
                weight.copy_(0.6 * draw.normal(*weight.shape))
    return model


def _texts(draw: Draw, *lengths: int) -> list[str]:
    return [" ".join(draw.choice(WORDS) for _ in range(length)) for length in lengths]


@ask.cases
def cases(draw: Draw) -> list[Case]:
    """One text, equal lengths, different ones, too long ones; the input, a middle layer, the last."""
    tokenizer, model, other = _tokenizer(), _model(draw), _model(draw, layers=5, hidden=6)
    says = {
        "one text, the last layer": (_texts(draw, 4), model, 3),
        "two texts of one length": (_texts(draw, 5, 5), model, 2),
        "a short text beside a long one": (_texts(draw, 2, 9), model, 3),
        "the input of the first layer": (_texts(draw, 6, 3, 8), model, 0),
        "the first layer of five": (_texts(draw, 3, 7, 1, 5), other, 1),
        "a text that is longer than the model reads": (_texts(draw, 30, 4), model, 2),
        "exactly as long as the model reads": (_texts(draw, READS - 2, READS - 3), other, 4),
        "long ones first, short ones last": (_texts(draw, 9, 7, 2, 1), other, 5),
        "a word that the tokenizer does not know": ([*_texts(draw, 3), "open zebra file"], model, 1),
    }
    return [Case(name, (texts, tokenizer, network, layer)) for name, (texts, network, layer) in says.items()]


def _made(
    *,
    mean: Callable | None = None,
    state: Callable = lambda outputs, layer: outputs.hidden_states[layer],
    seen: Callable = lambda batch: batch,
    last: Callable = lambda means: torch.nn.functional.normalize(means, dim=1),
    **how: Any,
) -> Callable:
    """The reference with one step done otherwise."""

    def answer(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
        how_long = {"truncation": True, "max_length": model.config.max_position_embeddings}
        batch = tokenizer(texts, return_tensors="pt", **({"padding": True} | how_long | how))
        with torch.no_grad():
            states = state(model(**seen(batch), output_hidden_states=True), layer)
        real = batch["attention_mask"].unsqueeze(-1)
        means = mean(states, real) if mean else (states * real).sum(1) / real.sum(1)
        return last(means)

    return answer


ask.mistake(
    "padding is in the mean: your average runs over all T places", _made(mean=lambda h, m: h.mean(dim=1))
)
ask.mistake(
    "the network does not get the attention mask, so that real tokens attend to padding",
    _made(seen=lambda batch: {"input_ids": batch["input_ids"]}),
)
ask.mistake(
    "neither the network nor the mean gets the mask",
    _made(seen=lambda batch: {"input_ids": batch["input_ids"]}, mean=lambda h, m: h.mean(dim=1)),
)
ask.mistake("the vectors do not have length 1", _made(last=lambda means: means))
ask.mistake(
    "you always take the last layer, whatever is asked for",
    _made(state=lambda o, layer: o.last_hidden_state),
)


def _one_too_many(outputs: Any, layer: int) -> torch.Tensor:
    return outputs.hidden_states[1:][layer]


def _one_too_few(outputs: Any, layer: int) -> torch.Tensor:
    return outputs.hidden_states[layer - 1]


ask.mistake("you count the layers from 0; place 0 of the tuple is the input", _made(state=_one_too_many))
ask.mistake("you take the layer before the one that is asked for", _made(state=_one_too_few))
ask.mistake("you take the vector of [CLS] and no mean", _made(mean=lambda h, m: h[:, 0]))
ask.mistake(
    "the largest value of each feature is taken and not the mean",
    _made(mean=lambda h, m: h.masked_fill(m == 0, -torch.inf).amax(dim=1)),
)
ask.mistake("[CLS] and [SEP] are left out; they are real tokens, too", _made(add_special_tokens=False))
ask.mistake("texts that are too long are not cut", _made(truncation=False, max_length=None))
ask.mistake("texts are cut to a length that the model does not ask for", _made(max_length=8))
ask.mistake(
    "you divide each feature by its length over the texts, not each vector by its own",
    _made(last=lambda means: torch.nn.functional.normalize(means, dim=0)),
)
ask.mistake(
    "each token is made 1 long before the mean, and the mean itself is not",
    _made(
        mean=lambda h, m: (torch.nn.functional.normalize(h, dim=-1) * m).sum(1) / m.sum(1), last=lambda x: x
    ),
)
ask.mistake(
    "you average over all layers up to the one that is asked for",
    _made(state=lambda o, layer: torch.stack(o.hidden_states[: layer + 1]).mean(dim=0)),
)


@ask.mistake("you leave the model in train mode; the caller goes on using it")
def _left_in_train_mode(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    model.train()
    return layer_vectors(texts, tokenizer, model, layer)


@ask.mistake("you return one vector for all texts together")
def _one_for_all(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    return layer_vectors(texts, tokenizer, model, layer).mean(dim=0)


@ask.mistake("the vectors come in the order of the texts' lengths, not of the texts")
def _sorted_by_length(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    return layer_vectors(sorted(texts, key=lambda text: len(text.split())), tokenizer, model, layer)


@ask.right
def one_by_one(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    found = []
    for text in texts:
        ids = torch.tensor([tokenizer(text, truncation=True).input_ids])
        with torch.no_grad():
            states = model(ids, output_hidden_states=True).hidden_states
        mean = states[layer][0].mean(dim=0)
        found.append(mean / mean.norm())
    return torch.stack(found)


@ask.right
def as_a_matrix_product(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    batch = tokenizer(texts, padding="longest", truncation="longest_first", return_tensors="pt")
    outputs = model(batch.input_ids, batch.attention_mask, output_hidden_states=True)
    summed = torch.einsum("nth,nt->nh", outputs.hidden_states[layer], batch.attention_mask.float())
    return (summed / summed.norm(dim=-1, keepdim=True)).detach()


@ask.right
def padded_to_the_end(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    longest = model.config.max_position_embeddings
    batch = tokenizer(texts, padding="max_length", truncation=True, max_length=longest, return_tensors="pt")
    with torch.no_grad():
        states = model(**batch, output_hidden_states=True)["hidden_states"][layer]
    vectors = [row[mask.bool()].mean(0) for row, mask in zip(states, batch["attention_mask"], strict=True)]
    return torch.nn.functional.normalize(torch.stack(vectors), dim=-1)


@ask.right
def shallower(texts: list, tokenizer: Any, model: Any, layer: int) -> torch.Tensor:
    """Every text by its number of real tokens, the mean by torch's nanmean."""
    batch = tokenizer(list(texts), padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        states = list(model(**batch, output_hidden_states=True).hidden_states)[layer]
    hidden = states.masked_fill(batch["attention_mask"][..., None] == 0, torch.nan)
    means = hidden.nanmean(dim=1)
    return means / means.square().sum(dim=1, keepdim=True).sqrt()
