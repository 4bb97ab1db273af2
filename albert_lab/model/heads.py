"""The heads: what turns hidden states into predictions.

Two are for pretraining (Lan et al. 2020, section 3.1): masked tokens, whose decoder is the word table
again, and sentence order, 0 = in order, 1 = swapped. Three are for use: a label for a text, a label for
every token, a span of tokens. Class and parameter names are those of transformers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.albert import AlbertModel, exportable, initialize
from albert_lab.model.config import AlbertConfig
from albert_lab.model.encoder import activation


@exportable
@dataclass
class HeadOutput:
    """Scores before softmax, `logits`, and what the encoder was asked for."""

    logits: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


@exportable
@dataclass
class PreTrainingOutput:
    """prediction_logits (B, T, V), or (M, V) at M masked positions; sop_logits (B, 2)."""

    prediction_logits: Tensor
    sop_logits: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


@exportable
@dataclass
class SpanOutput:
    """start_logits and end_logits (B, T): how well an answer could start and end at each token."""

    start_logits: Tensor
    end_logits: Tensor
    hidden_states: tuple[Tensor, ...] | None = None
    attentions: tuple[Tensor, ...] | None = None


class AlbertMLMHead(nn.Module):
    """Which word stood here: LN_E(gelu(h W + b)) · wordsᵀ + bias, (..., H) -> (..., E) -> (..., V).

    The decoder's matrix is the word table itself (tied): it learns as input and as output. With
    tie_word_embeddings=False in the config the decoder has a matrix and a bias of its own.
    """

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        E, V = config.embedding_size, config.vocab_size
        self.dense = nn.Linear(config.hidden_size, E)
        self.hidden_act = config.hidden_act
        self.LayerNorm = nn.LayerNorm(E, eps=config.layer_norm_eps)
        self.bias = nn.Parameter(torch.zeros(V))
        self.decoder = nn.Linear(E, V)
        self.tied = config.tie_word_embeddings
        initialize(self, config)
        if self.tied:
            self.decoder.bias = self.bias

    def tie(self, words: nn.Embedding) -> None:
        """Let the decoder use the word table (V, E) as its weight, where the config ties the two."""
        if self.tied:
            self.decoder.weight = words.weight

    def forward(self, hidden: Tensor, *, fused: bool = True) -> Tensor:
        """hidden (..., H) -> logits (..., V); `fused` as in `AlbertLayer.feed_forward`."""
        gelu = activation(self.hidden_act, fused=fused)
        return self.decoder(self.LayerNorm(gelu(self.dense(hidden))))


class AlbertSOPHead(nn.Module):
    """Are the two segments in order? (B, H) -> (B, 2), label 0 = in order, 1 = swapped.

    No dropout before it, as in the authors' code; transformers drops classifier_dropout_prob in training.
    """

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        _needs_two_labels(config, "the sentence order head")
        self.classifier = nn.Linear(config.hidden_size, 2)
        initialize(self, config)

    def forward(self, pooled: Tensor) -> Tensor:
        """pooled (B, H) -> logits (B, 2)."""
        return self.classifier(pooled)


class AlbertForPreTraining(nn.Module):
    """ALBERT with both pretraining heads, masked tokens and sentence order."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.albert = AlbertModel(config)
        self.predictions = AlbertMLMHead(config)
        self.sop_classifier = AlbertSOPHead(config)
        self.predictions.tie(self.albert.embeddings.word_embeddings)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        masked_positions: Tensor | None = None,
        **options: object,
    ) -> PreTrainingOutput:
        """Inputs (B, T) and options as AlbertModel -> PreTrainingOutput.

        masked_positions (M,): int64 indices into the B·T tokens of the batch, row after row. With them the
        V-wide logits are computed for those tokens only, (M, V), which is most of the head's work saved.
        """
        out = self.albert(input_ids, attention_mask, token_type_ids, **options)
        chosen = select_tokens(out.last_hidden_state, masked_positions)
        return PreTrainingOutput(
            self.predictions(chosen, fused=not options.get("output_attentions")),
            self.sop_classifier(out.pooler_output),
            out.hidden_states,
            out.attentions,
        )


class AlbertForMaskedLM(nn.Module):
    """ALBERT with the masked-token head alone, without pooler."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.albert = AlbertModel(config, add_pooling_layer=False)
        self.predictions = AlbertMLMHead(config)
        self.predictions.tie(self.albert.embeddings.word_embeddings)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        masked_positions: Tensor | None = None,
        **options: object,
    ) -> HeadOutput:
        """As AlbertForPreTraining; logits (B, T, V), or (M, V) at the masked positions."""
        out = self.albert(input_ids, attention_mask, token_type_ids, **options)
        chosen = select_tokens(out.last_hidden_state, masked_positions)
        logits = self.predictions(chosen, fused=not options.get("output_attentions"))
        return HeadOutput(logits, out.hidden_states, out.attentions)


class AlbertForSequenceClassification(nn.Module):
    """One label for a text or a pair: pooler -> dropout -> Linear, logits (B, num_labels)."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.albert = AlbertModel(config)
        self.dropout = nn.Dropout(config.classifier_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        initialize(self.classifier, config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        **options: object,
    ) -> HeadOutput:
        """Inputs (B, T) and options as AlbertModel -> logits (B, num_labels)."""
        out = self.albert(input_ids, attention_mask, token_type_ids, **options)
        logits = self.classifier(self.dropout(out.pooler_output))  # (B, H) -> (B, num_labels)
        return HeadOutput(logits, out.hidden_states, out.attentions)


class AlbertForTokenClassification(nn.Module):
    """One label for every token: dropout -> Linear, logits (B, T, num_labels)."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        self.config = config
        self.albert = AlbertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(config.classifier_dropout_prob)
        self.classifier = nn.Linear(config.hidden_size, config.num_labels)
        initialize(self.classifier, config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        **options: object,
    ) -> HeadOutput:
        """Inputs (B, T) and options as AlbertModel -> logits (B, T, num_labels)."""
        out = self.albert(input_ids, attention_mask, token_type_ids, **options)
        logits = self.classifier(self.dropout(out.last_hidden_state))  # (B, T, H) -> (B, T, num_labels)
        return HeadOutput(logits, out.hidden_states, out.attentions)


class AlbertForQuestionAnswering(nn.Module):
    """An answer as a span of tokens: a start and an end score for each."""

    def __init__(self, config: AlbertConfig) -> None:
        super().__init__()
        _needs_two_labels(config, "the span head")
        self.config = config
        self.albert = AlbertModel(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)
        initialize(self.qa_outputs, config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        **options: object,
    ) -> SpanOutput:
        """Inputs (B, T) and options as AlbertModel -> start_logits and end_logits (B, T)."""
        out = self.albert(input_ids, attention_mask, token_type_ids, **options)
        start, end = self.qa_outputs(out.last_hidden_state).unbind(dim=-1)  # (B, T, H) -> (B, T, 2)
        return SpanOutput(start, end, out.hidden_states, out.attentions)


def select_tokens(hidden: Tensor, positions: Tensor | None) -> Tensor:
    """Rows `positions` (M,) of the B·T tokens: (B, T, H) -> (M, H); all of them, unchanged, for None."""
    if positions is None:
        return hidden
    if positions.dim() != 1 or positions.dtype not in (torch.int64, torch.int32):
        raise InputError(
            f"masked_positions has shape {tuple(positions.shape)} and type {positions.dtype}",
            expected="(M,) int64: indices into the B·T tokens, row after row",
            mend="mask.flatten().nonzero().squeeze(1) makes them from a boolean (B, T) mask",
        )
    tokens = hidden.flatten(0, 1)  # (B, T, H) -> (B·T, H)
    traced = torch.jit.is_tracing() or torch.compiler.is_compiling()
    if not traced and positions.device.type == "cpu" and positions.numel():
        low, high = (int(value) for value in positions.aminmax())
        if low < 0 or high >= len(tokens):
            raise InputError(
                f"masked_positions holds {low if low < 0 else high}",
                expected=f"indices from 0 to {len(tokens) - 1}",
            )
    return tokens.index_select(0, positions)


def _needs_two_labels(config: AlbertConfig, head: str) -> None:
    if config.num_labels != 2:
        raise InputError(f"{head} got num_labels={config.num_labels}", expected="num_labels=2")
