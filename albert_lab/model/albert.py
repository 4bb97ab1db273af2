"""ALBERT: token ids -> input embeddings -> encoder -> one vector per token, and the pooler's one per text.

Source: Lan et al. 2020 (arXiv 1909.11942), section 3.1; the pooler is BERT's (Devlin et al. 2019).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from albert_lab.errors import InputError
from albert_lab.model.config import AlbertConfig
from albert_lab.model.embeddings import AlbertEmbeddings
from albert_lab.model.encoder import AlbertEncoder

Output = TypeVar("Output")


def exportable(output: type[Output]) -> type[Output]:
    """Make a dataclass of tensors known to torch.export, which must take apart what a network gives back."""
    torch.export.register_dataclass(output, serialized_type_name=f"{output.__module__}.{output.__qualname__}")
    return output


@exportable
@dataclass
class AlbertOutput:
    """What AlbertModel gives back. `attentions` and `hidden_states` are None unless asked for."""

    last_hidden_state: Tensor  # (B, T, H)
    pooler_output: Tensor | None  # (B, H); None for a model without pooler
    hidden_states: tuple[Tensor, ...] | None = None  # (B, T, H): projected input, then after every layer
    attentions: tuple[Tensor, ...] | None = None  # (B, N, T, T), one per layer


class AlbertModel(nn.Module):
    """The network without a head. Parameter names are those of transformers' AlbertModel."""

    def __init__(self, config: AlbertConfig, add_pooling_layer: bool = True) -> None:
        super().__init__()
        self.config = config
        self.embeddings = AlbertEmbeddings(config)
        self.encoder = AlbertEncoder(config)
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size) if add_pooling_layer else None
        initialize(self, config)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        *,
        position_ids: Tensor | None = None,
        output_attentions: bool = False,
        output_hidden_states: bool = False,
    ) -> AlbertOutput:
        """input_ids, token_type_ids (B, T) whole numbers -> AlbertOutput.

        attention_mask: 1 or True = may be attended to, (B, T) over the keys, or (B, T, T) to say for each
        query (a query that may attend to nothing collects zeros). position_ids: (T,) or (B, T).
        Raises InputError for wrong shapes and types, too many tokens, and ids outside their table. The
        values are looked at on the CPU, and on a GPU in eval mode; training there trusts its data, since
        looking would make the GPU wait. While the network is traced or compiled no value is looked at: what
        is recorded then must hold for every input.
        """
        _check_tensors(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids,
            position_ids=position_ids,
        )  # fmt: skip
        self._check_inputs(input_ids, token_type_ids, position_ids)
        mask = self._attention_mask(attention_mask, input_ids)
        embedded = self.embeddings(input_ids, token_type_ids, position_ids)  # (B, T) -> (B, T, E)
        encoded = self.encoder(
            embedded, mask, output_attentions=output_attentions, output_hidden_states=output_hidden_states
        )
        pooled = self.pool(encoded.last_hidden_state) if self.pooler is not None else None
        return AlbertOutput(encoded.last_hidden_state, pooled, encoded.hidden_states, encoded.attentions)

    def pool(self, hidden: Tensor) -> Tensor:
        """tanh(W h_CLS + b), from the first token alone: (B, T, H) -> (B, H).

        Raises InputError for a model without pooler.
        """
        if self.pooler is None:
            raise InputError(
                "this model has no pooler",
                expected="a checkpoint with one: those for masked words, token labels and answers have none",
                mend="take the mean over the tokens, or the first token's hidden state",
            )
        return torch.tanh(self.pooler(hidden[:, 0]))

    def _looks_at_values(self, tensor: Tensor) -> bool:
        if torch.jit.is_tracing() or torch.compiler.is_compiling() or tensor.is_meta or tensor.numel() == 0:
            return False
        return tensor.device.type == "cpu" or not self.training

    def _check_inputs(self, ids: Tensor, types: Tensor | None, positions: Tensor | None) -> None:
        if torch.jit.is_tracing():
            return  # sizes are tensors now, and a check of them would warn of being fixed
        if ids.dim() != 2 or ids.shape[1] == 0:
            raise InputError(
                f"input_ids has shape {tuple(ids.shape)}",
                expected="(B, T): a batch of texts of at least one token each",
                mend="one text becomes a batch with input_ids.unsqueeze(0)" if ids.dim() == 1 else "",
            )
        length, limit = ids.shape[1], self.config.max_position_embeddings
        if length > limit and positions is None:
            raise InputError(
                f"the text has {length} tokens",
                expected=f"at most {limit}, the positions that this model has learned",
                mend="cut it (truncation=True in the tokenizer) or split it into windows",
            )
        shape = tuple(ids.shape)
        self._check_ids("input_ids", ids, self.config.vocab_size, [shape])
        if types is not None:
            self._check_ids("token_type_ids", types, self.config.type_vocab_size, [shape])
        if positions is not None:
            self._check_ids("position_ids", positions, limit, [shape, (1, length), (length,)])

    def _check_ids(self, name: str, ids: Tensor, size: int, shapes: list[tuple[int, ...]]) -> None:
        if ids.dtype not in (torch.int64, torch.int32):
            raise InputError(f"{name} holds {ids.dtype}", expected="int64 or int32", mend=f"{name}.long()")
        if tuple(ids.shape) not in shapes:
            raise InputError(
                f"{name} has shape {tuple(ids.shape)}", expected=" or ".join(str(shape) for shape in shapes)
            )
        if not self._looks_at_values(ids):
            return
        low, high = (int(value) for value in ids.aminmax())
        if low < 0 or high >= size:
            raise InputError(
                f"{name} holds {low if low < 0 else high}",
                expected=f"ids from 0 to {size - 1}, the rows of this model's table",
                mend="use the tokenizer that belongs to this model" if name == "input_ids" else "",
            )

    def _attention_mask(self, mask: Tensor | None, ids: Tensor) -> Tensor | None:
        """1/0 or boolean (B, T) or (B, T, T) -> boolean (B, 1, 1, T) or (B, 1, T, T); None if all True."""
        if mask is None:
            return None
        B, T = ids.shape
        if not torch.jit.is_tracing() and tuple(mask.shape) not in ((B, T), (B, T, T)):
            raise InputError(
                f"attention_mask has shape {tuple(mask.shape)}",
                expected=f"{(B, T)}, one entry for each token of input_ids, or {(B, T, T)}",
            )
        allowed = mask if mask.dtype == torch.bool else mask != 0
        if self._looks_at_values(mask):
            if mask.dtype != torch.bool and bool((allowed & (mask != 1)).any()):
                raise InputError(
                    "attention_mask holds numbers other than 0 and 1",
                    expected="1 or True = may be attended to, 0 or False = padding",
                )
            if bool(allowed.all()):
                return None  # nothing to hide: attention is faster without a mask
        return allowed[:, None, None, :] if mask.dim() == 2 else allowed[:, None]


def _check_tensors(input_ids: Tensor, **others: Tensor | None) -> None:
    given = {name: value for name, value in others.items() if value is not None}
    for name, value in {"input_ids": input_ids, **given}.items():
        if not isinstance(value, Tensor):
            raise InputError(
                f"{name} is {value!r:.60} ({type(value).__name__})",
                expected="a tensor",
                mend=f"torch.tensor({name})" if isinstance(value, list) else "",
            )


def initialize(module: nn.Module, config: AlbertConfig) -> None:
    """Fresh weights as in the authors' code: normal, cut at two deviations, of deviation `initializer_range`.

    Biases are 0, LayerNorms 1 and 0, the row of the padding token 0.
    """
    std = config.initializer_range
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.trunc_normal_(part.weight, std=std, a=-2 * std, b=2 * std)
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
        if isinstance(part, nn.Embedding) and part.padding_idx is not None:
            with torch.no_grad():
                part.weight[part.padding_idx].zero_()
        if isinstance(part, nn.LayerNorm):
            part.reset_parameters()
