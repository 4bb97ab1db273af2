"""A causal decoder that reads an ALBERT: what turns the hidden states of one text into another text.

ALBERT fills gaps and says what a text is; it has no way to write. A decoder has one: it guesses the next
piece from the pieces written so far (causal self-attention) and from the other text (cross-attention).
Source: Vaswani et al. 2017 (arXiv 1706.03762), section 3.1 and figure 1, right half. It is one layer here,
and as in ALBERT no piece has weights twice: the table that reads a piece also scores it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.albert import AlbertModel, initialize
from albert_lab.model.attention import merge_heads, scaled_dot_product_attention, split_heads
from albert_lab.model.config import AlbertConfig
from albert_lab.model.encoder import activation

START, END = 0, 1  # the first two pieces: what every text begins with, and what says that it is finished


@dataclass
class TranslationOutput:
    """logits (B, Tq, K): how well each of K pieces would come next; what was looked at while guessing.

    `memory` (B, T, H) are the encoder's hidden states, `cross_attentions` (B, N, Tq, T) the weights on them.
    """

    logits: Tensor
    memory: Tensor
    cross_attentions: Tensor


class DecoderAttention(nn.Module):
    """N heads whose queries come from one text and whose keys and values from another, or the same."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        H = config.hidden_size
        self.num_heads = config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(H, H) for _ in range(3))
        self.dense = nn.Linear(H, H)  # W_O
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.LayerNorm = nn.LayerNorm(H, eps=config.layer_norm_eps)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
        """x (B, Tq, H) looks at memory (B, Tk, H), mask to (B, N, Tq, Tk) -> (B, Tq, H), the weights."""
        query = split_heads(self.query(x), self.num_heads)  # (B, Tq, H) -> (B, N, Tq, d)
        key = split_heads(self.key(memory), self.num_heads)  # (B, Tk, H) -> (B, N, Tk, d)
        value = split_heads(self.value(memory), self.num_heads)
        heads, weights = scaled_dot_product_attention(query, key, value, mask)
        mixed = self.dense(merge_heads(heads))  # (B, N, Tq, d) -> (B, Tq, H)
        return self.LayerNorm(x + self.dropout(mixed)), weights


class DecoderLayer(nn.Module):
    """Look back at what is written, look across at the other text, then think: each with residual and norm.

    a = LN(x + Attention(x, x));  b = LN(a + Attention(a, memory));  y = LN(b + FFN(b)).
    """

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        H, wide = config.hidden_size, config.intermediate_size
        self.looking_back = DecoderAttention(config)
        self.looking_across = DecoderAttention(config)
        self.ffn, self.ffn_output = nn.Linear(H, wide), nn.Linear(wide, H)
        self.hidden_act = config.hidden_act
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.LayerNorm = nn.LayerNorm(H, eps=config.layer_norm_eps)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x (B, Tq, H), memory (B, Tk, H), mask over the memory -> (B, Tq, H), weights (B, N, Tq, Tk)."""
        Tq = x.shape[1]
        earlier = torch.ones(Tq, Tq, dtype=torch.bool, device=x.device).tril()  # no piece sees a later one
        back, _ = self.looking_back(x, x, earlier)
        across, weights = self.looking_across(back, memory, mask)
        thought = self.ffn_output(activation(self.hidden_act)(self.ffn(across)))
        return self.LayerNorm(across + self.dropout(thought)), weights


class Decoder(nn.Module):
    """Pieces written so far, and a memory -> scores for the next piece after each of them."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        K, H = config.num_labels, config.hidden_size
        self.pieces = nn.Embedding(K, H)
        self.positions = nn.Embedding(config.max_position_embeddings, H)
        self.LayerNorm = nn.LayerNorm(H, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)
        self.layer = DecoderLayer(config)
        self.bias = nn.Parameter(torch.zeros(K))
        initialize(self, config)

    def forward(self, written: Tensor, memory: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """written (B, Tq), memory (B, T, H), mask (B, T) or None -> logits (B, Tq, K), weights (B, N, Tq, T).

        Row t of the logits is about piece t + 1, and depends on pieces 0 to t alone.
        """
        Tq, longest = written.shape[1], self.positions.num_embeddings
        if not 1 <= Tq <= longest:
            raise InputError(f"{Tq} pieces are written.", expected=f"1 to {longest}, the learned positions")
        places = torch.arange(Tq, device=written.device)
        x = self.dropout(self.LayerNorm(self.pieces(written) + self.positions(places)))  # (B, Tq, H)
        x, weights = self.layer(x, memory, None if mask is None else mask[:, None, None, :])
        return F.linear(x, self.pieces.weight, self.bias), weights


class AlbertForTranslation(nn.Module):
    """An ALBERT that reads and a decoder that writes; `config.num_labels` is K, the pieces it writes with."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.albert = AlbertModel(config, add_pooling_layer=False)
        self.decoder = Decoder(config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        written: Tensor,
    ) -> TranslationOutput:
        """Inputs (B, T) as AlbertModel, written (B, Tq): START and the right pieces (teacher forcing)."""
        memory = self.albert(input_ids, attention_mask, token_type_ids).last_hidden_state  # (B, T, H)
        mask = None if attention_mask is None else attention_mask.bool()
        logits, weights = self.decoder(written, memory, mask)
        return TranslationOutput(logits, memory, weights)


def shifted(targets: Tensor) -> Tensor:
    """What the decoder has written when it guesses each target: START, then all but the last. (B, n).

    Numbers below 0 mark what does not count; END stands for them.
    """
    first = torch.full_like(targets[:, :1], START)
    return torch.cat([first, targets[:, :-1].where(targets[:, :-1] >= 0, END)], dim=1)


@torch.no_grad()
def greedy(decoder: nn.Module, memory: Tensor, mask: Tensor | None = None, longest: int = 60) -> Tensor:
    """Always the best next piece, until every text of the batch has its END: ids (B, n), START left out.

    What comes after END means nothing. Memory (B, T, H), mask (B, T) or None.
    """
    written = torch.full((len(memory), 1), START, device=memory.device)
    for _ in range(longest):
        logits, _ = decoder(written, memory, mask)
        written = torch.cat([written, _no_start(logits[:, -1]).argmax(dim=-1, keepdim=True)], dim=1)
        if bool((written == END).any(dim=1).all()):
            break
    return written[:, 1:]


@torch.no_grad()
def beam_search(
    decoder: nn.Module,
    memory: Tensor,
    mask: Tensor | None = None,
    *,
    width: int = 4,
    longest: int = 60,
    penalty: float = 0.0,
) -> list[tuple[list[int], float]]:
    """The best texts found when `width` beginnings are kept at each step: (ids with END, log probability).

    The best is first. Memory (1, T, H) of one text, mask (1, T) or None. A text of n pieces is compared by
    its log probability divided by n^penalty (after Wu et al. 2016, arXiv 1609.08144, section 7): 0 compares
    probabilities, which favours short texts, 1 the mean of a piece. A text that is not finished after
    `longest` pieces is taken as it is.
    """
    if width < 1 or longest < 1 or len(memory) != 1:
        raise InputError(
            f"width={width}, longest={longest}, {len(memory)} texts.",
            expected="at least 1 each, and one text",
        )
    beams, finished = [([START], 0.0)], []

    def worth(beam: tuple[list[int], float]) -> float:
        return beam[1] / max(1, len(beam[0]) - 1) ** penalty

    for _ in range(longest):
        written = torch.tensor([ids for ids, _ in beams], device=memory.device)  # (W, t)
        wide = memory.expand(len(beams), -1, -1)
        logits, _ = decoder(written, wide, None if mask is None else mask.expand(len(beams), -1))
        steps = _no_start(logits[:, -1]).log_softmax(dim=-1)  # (W, K)
        scores = torch.tensor([score for _, score in beams], dtype=torch.float64, device=memory.device)
        total = steps.double() + scores[:, None]
        values, places = total.flatten().topk(min(2 * width, total.numel()))  # W of them, if W ended
        longer = []
        for rank, (value, place) in enumerate(zip(values.tolist(), places.tolist(), strict=True)):
            if value == float("-inf"):
                continue
            row, piece = divmod(place, total.shape[1])
            beam = ([*beams[row][0], piece], value)
            if piece != END:
                longer.append(beam)
            elif rank < width:  # an end that is not among the best is not taken: one beam is greedy
                finished.append(beam)
        beams = longer[:width]
        best = sorted((worth(beam) for beam in finished), reverse=True)[:width]
        if not beams or (len(best) == width and penalty == 0 and best[-1] >= beams[0][1]):
            break  # a longer text is never more probable than its beginning
    found = sorted([*finished, *([] if len(finished) >= width else beams)], key=worth, reverse=True)
    return [(ids[1:], score) for ids, score in found[:width]]


def _no_start(logits: Tensor) -> Tensor:
    """START is never written again: (..., K) with -inf there."""
    forbidden = torch.arange(logits.shape[-1], device=logits.device) == START
    return logits.masked_fill(forbidden, float("-inf"))
