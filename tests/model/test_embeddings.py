"""The input embeddings: three rows added and normalized, E wide."""

from __future__ import annotations

import torch

from albert_lab.model import AlbertEmbeddings

from .parity import tiny_config


def test_by_hand():
    """Word 3 at position 0 in segment 1: rows (1,0,0,1) + (0,2,0,1) + (0,0,3,2) = (1,2,3,4).

    Its mean is 2.5, its variance 1.25, so LayerNorm gives (-1.5, -0.5, 0.5, 1.5)/√1.25.
    """
    embeddings = AlbertEmbeddings(tiny_config(embedding_size=4))
    with torch.no_grad():
        embeddings.word_embeddings.weight[3] = torch.tensor([1.0, 0, 0, 1])
        embeddings.token_type_embeddings.weight[1] = torch.tensor([0.0, 2, 0, 1])
        embeddings.position_embeddings.weight[0] = torch.tensor([0.0, 0, 3, 2])
    out = embeddings(torch.tensor([[3]]), torch.tensor([[1]]))
    torch.testing.assert_close(out, torch.tensor([[[-1.5, -0.5, 0.5, 1.5]]]) / 1.25**0.5)


def test_defaults_are_segment_zero_and_positions_in_order():
    embeddings = AlbertEmbeddings(tiny_config())
    ids = torch.randint(5, 90, (2, 7))
    for positions in (torch.arange(7), torch.arange(7).expand(2, 7)):
        assert torch.equal(embeddings(ids), embeddings(ids, torch.zeros_like(ids), positions))
    assert not torch.allclose(embeddings(ids), embeddings(ids, position_ids=torch.arange(7).flip(0)))


def test_the_padding_row_gets_no_gradient():
    embeddings = AlbertEmbeddings(tiny_config())
    embeddings(torch.tensor([[0, 6]])).square().mul(torch.arange(20)).sum().backward()
    gradient = embeddings.word_embeddings.weight.grad
    assert gradient[0].abs().max() == 0
    assert gradient[6].abs().max() > 0
