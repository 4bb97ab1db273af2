"""The decoder against torch's own, and writing against trying every text."""

from __future__ import annotations

import itertools
import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from albert_lab.errors import InputError
from albert_lab.model import AlbertConfig, AlbertForTranslation
from albert_lab.model.checkpoint import load_model, save_model
from albert_lab.model.decoder import END, START, Decoder, DecoderLayer, beam_search, greedy, shifted

K = 5  # pieces, START and END among them


@pytest.fixture(scope="module")
def config() -> AlbertConfig:
    sizes = {"embedding_size": 8, "hidden_size": 16, "num_attention_heads": 4, "intermediate_size": 24}
    return AlbertConfig(
        **sizes, vocab_size=30, num_hidden_layers=2, max_position_embeddings=12, num_labels=K,
        initializer_range=0.4,
    )  # fmt: skip


@pytest.fixture
def decoder(config) -> Decoder:
    torch.manual_seed(0)
    return Decoder(config).eval()


@pytest.fixture
def memory() -> torch.Tensor:
    return torch.randn(2, 7, 16, generator=torch.Generator().manual_seed(1))


def theirs_of(layer: DecoderLayer, config: AlbertConfig) -> nn.TransformerDecoderLayer:
    """torch's layer with the same weights; it keeps query, key and value in one matrix."""
    gelu = partial(F.gelu, approximate="tanh")
    theirs = nn.TransformerDecoderLayer(
        16, 4, 24, dropout=0.0, activation=gelu, batch_first=True, layer_norm_eps=config.layer_norm_eps
    ).eval()
    state = {}
    for ours, name, norm in (
        (layer.looking_back, "self_attn", "norm1"),
        (layer.looking_across, "multihead_attn", "norm2"),
    ):
        three = (ours.query, ours.key, ours.value)
        state[f"{name}.in_proj_weight"] = torch.cat([part.weight for part in three])
        state[f"{name}.in_proj_bias"] = torch.cat([part.bias for part in three])
        state |= {f"{name}.out_proj.{key}": value for key, value in ours.dense.state_dict().items()}
        state |= {f"{norm}.{key}": value for key, value in ours.LayerNorm.state_dict().items()}
    for part, name in ((layer.ffn, "linear1"), (layer.ffn_output, "linear2"), (layer.LayerNorm, "norm3")):
        state |= {f"{name}.{key}": value for key, value in part.state_dict().items()}
    theirs.load_state_dict(state)
    return theirs


@torch.no_grad()
def test_the_layer_is_torch_s_decoder_layer(config, memory):
    torch.manual_seed(2)
    decoder = Decoder(config).eval()
    for parameter in decoder.layer.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))
    x = torch.randn(2, 5, 16)
    mask = torch.tensor([[True] * 7, [True] * 4 + [False] * 3])
    ours, weights = decoder.layer(x, memory, mask[:, None, None, :])
    theirs = theirs_of(decoder.layer, config)
    expected = theirs(
        x, memory, tgt_mask=nn.Transformer.generate_square_subsequent_mask(5), memory_key_padding_mask=~mask
    )
    torch.testing.assert_close(ours, expected, atol=1e-5, rtol=0)
    assert weights.shape == (2, 4, 5, 7)
    assert float(weights[1, ..., 4:].abs().max()) == 0
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 5))


@torch.no_grad()
def test_no_piece_sees_a_later_one(decoder, memory):
    written = torch.tensor([[START, 2, 3, 4], [START, 4, 4, 2]])
    other = written.clone()
    other[:, 3] = 2
    (before, _), (after, _) = decoder(written, memory), decoder(other, memory)
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert (before[0, 3] - after[0, 3]).abs().max() > 1e-3


def test_the_decoder_is_given_what_came_before():
    targets = torch.tensor([[4, 3, END], [2, END, -100]])
    assert shifted(targets).tolist() == [[START, 4, 3], [START, 2, END]]


@torch.no_grad()
def log_probability(decoder, memory, ids) -> float:
    logits, _ = decoder(torch.tensor([[START, *ids[:-1]]]), memory)
    logits[..., START] = -math.inf
    return float(logits[0].log_softmax(-1).gather(-1, torch.tensor(ids)[:, None]).double().sum())


@torch.no_grad()
def test_greedy_takes_the_best_piece_each_time(decoder, memory):
    rows = greedy(decoder, memory, longest=6).tolist()
    for number, row in enumerate(rows):
        row = row[: row.index(END) + 1] if END in row else row
        said = [START]
        for _ in row:
            logits, _ = decoder(torch.tensor([said]), memory[number : number + 1])
            said.append(max(range(1, K), key=lambda k: float(logits[0, -1, k])))
        assert row == said[1:]


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_beam_that_is_wide_enough_finds_the_best_text_of_all(decoder, memory, penalty):
    """Of all texts of up to 4 pieces, finished or cut there."""
    one = memory[:1]
    ended = [(*front, END) for n in range(4) for front in itertools.product((2, 3, 4), repeat=n)]
    worth = {ids: log_probability(decoder, one, list(ids)) / len(ids) ** penalty for ids in ended}
    best = sorted(worth, key=worth.get, reverse=True)[:3]
    found = beam_search(decoder, one, width=200, longest=4, penalty=penalty)
    done = [tuple(ids) for ids, _ in found if ids[-1] == END][:3]
    assert done == best
    for ids, score in found[:5]:
        assert score == pytest.approx(log_probability(decoder, one, ids), abs=1e-5)


def test_a_beam_of_one_is_greedy(decoder, memory):
    ((ids, _),) = beam_search(decoder, memory[1:], width=1, longest=6)
    row = greedy(decoder, memory[1:], longest=6)[0].tolist()
    assert ids == (row[: row.index(END) + 1] if END in row else row)


def test_what_cannot_be(decoder, memory):
    with pytest.raises(InputError, match="13 pieces"):
        decoder(torch.zeros(1, 13, dtype=torch.long), memory[:1])
    with pytest.raises(InputError, match="width=0"):
        beam_search(decoder, memory[:1], width=0)
    with pytest.raises(InputError, match="2 texts"):
        beam_search(decoder, memory)


@torch.no_grad()
def test_saved_and_read_it_says_the_same(config, tmp_path):
    torch.manual_seed(3)
    model = AlbertForTranslation(config).eval()
    save_model(model, tmp_path)
    again = load_model(tmp_path, AlbertForTranslation)
    ids, written = torch.randint(4, 30, (2, 6)), torch.tensor([[START, 2], [START, 3]])
    torch.testing.assert_close(
        again(ids, written=written).logits, model(ids, written=written).logits, atol=0, rtol=0
    )
    torch.testing.assert_close(
        load_model(tmp_path)(ids).last_hidden_state, model.albert(ids).last_hidden_state
    )
