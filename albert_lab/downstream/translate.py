"""A text for a text: an ALBERT reads, a causal decoder writes, one character after the other.

Training is teacher forcing: at each place the decoder has the right beginning before it and guesses the next
character. In use it has only what it wrote itself: `greedy` and `beam_search` in `albert_lab.model.decoder`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from albert_lab.downstream.data import Splits
from albert_lab.downstream.labelled import TextPair
from albert_lab.downstream.measures import Scores
from albert_lab.downstream.settings import FinetuneSettings
from albert_lab.downstream.task import IGNORED, Batch, Encoded, Reader, Task
from albert_lab.errors import InputError
from albert_lab.model.config import AlbertConfig
from albert_lab.model.decoder import END, START, AlbertForTranslation, beam_search, greedy, shifted
from albert_lab.text.batches import TextEncoder, check_texts
from albert_lab.vectors.evaluate import bootstrap

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

NOT_WRITTEN = ("<start>", "<end>")  # pieces START and END
SMALL = {"embedding_size": 32, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 256}
SMALL |= {"initializer_range": 0.08}
SMALL_LAYERS = 2
_LONGEST_OUTPUT = 64  # characters, and at most as many as the source has tokens, twice


@dataclass(frozen=True)
class Translation:
    """What was written for a text; its probability; whether it ended by itself."""

    text: str
    probability: float = 1.0
    finished: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        values = asdict(self)
        return {"translation": values.pop("text"), **values}

    def told(self, text: str) -> str:
        """One line for people."""
        return f"{self.text}{'' if self.finished else ' …'}  {self.probability:.3f}  {text}"


class Translate(Task):
    """Pairs of texts; the head writes with the characters of the training side's targets.

    Args:
        beams: beginnings that are kept while it writes; 1 takes the best next character each time.
    """

    name, head, measure = "translate", AlbertForTranslation, "exact"
    columns, optional = ("source", "target"), ("kind", "group")
    readers = "`albert-lab predict` reads it."

    def __init__(self, beams: int = 1) -> None:
        if beams < 1:
            raise InputError(f"beams={beams}.", expected="at least 1")
        self.beams = beams

    def parse(self, cells: dict[str, Any], where: str) -> TextPair:
        """A row with source and target; "kind" names a part of the test side of its own."""
        source, target = cells.get("source"), cells.get("target")
        if not all(isinstance(text, str) and text.strip() for text in (source, target)):
            raise InputError(f"{where} lacks a text.", expected="a source and a target")
        return TextPair(source, target, *(str(cells.get(name) or "") for name in ("kind", "group")))

    def group(self, example: TextPair) -> str:
        """The group, or the source."""
        return example.group or " ".join(example.source.lower().split())

    def labels(self, examples: Sequence[TextPair]) -> tuple[str, ...]:
        """Start and end, then the characters that the targets are written with."""
        return (*NOT_WRITTEN, *sorted({character for example in examples for character in example.target}))

    def encode(
        self, encoder: TextEncoder, examples: Sequence[TextPair], labels: Sequence[str], max_length: int
    ) -> list[Encoded]:
        """[CLS] source [SEP], cut at the end; the targets are the characters' numbers and END."""
        number_of = {label: number for number, label in enumerate(labels)}
        longest, made = max_length - encoder.special_tokens, []
        encodings = encoder.encode([example.source for example in examples])
        for number, (example, encoding) in enumerate(zip(examples, encodings, strict=True)):
            ids = [*encoder.prefix, *encoding.ids[:longest], *encoder.suffix]
            written = [number_of.get(character, IGNORED) for character in example.target]
            made.append(Encoded(number, ids, [0] * len(ids), [*written[:_LONGEST_OUTPUT], END], []))
        return made

    def unlabelled(self, texts: Sequence[str]) -> list[TextPair]:
        """Texts without a translation."""
        return [TextPair(text, "") for text in texts]

    def begin(
        self, data: Splits[TextPair], settings: FinetuneSettings
    ) -> tuple[AlbertForTranslation, PreTrainedTokenizerFast]:
        """A small network with random weights, and a tokenizer of the training side's words."""
        from albert_lab.text.tokenizer import word_tokenizer

        longest = settings.max_length
        sources = [example.source for example in data.training]
        tokenizer = word_tokenizer(sources, max_length=longest)
        labels = self.labels(data.training)
        config = AlbertConfig(
            **SMALL,
            vocab_size=len(tokenizer),
            max_position_embeddings=max(longest, _LONGEST_OUTPUT + 1),
            num_hidden_layers=settings.layers or SMALL_LAYERS,
            hidden_dropout_prob=settings.dropout,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
        )
        torch.manual_seed(settings.seed)
        return AlbertForTranslation(config), tokenizer

    def run(self, model: nn.Module, batch: Batch) -> Any:
        """Teacher forcing: the decoder sees the right characters before each place."""
        return model(batch.ids, batch.mask, batch.types, written=shifted(batch.targets))

    def loss(self, output: Any, batch: Batch, weights: Tensor | None) -> Tensor:
        """Cross-entropy of each character and of END, given the right ones before it."""
        logits = output.logits.float().flatten(0, 1)  # (B, n, K) -> (B·n, K)
        return F.cross_entropy(
            logits, batch.targets.flatten(), weights, ignore_index=IGNORED, reduction="sum"
        )

    def kept(self, model: nn.Module, batch: Batch, output: Any) -> list[tuple[list[int], float]]:
        """What the network writes by itself, (characters, log probability) for each text."""
        memory, mask = output.memory, batch.mask
        longest = min(_LONGEST_OUTPUT, 2 * memory.shape[1])
        if self.beams == 1:
            return _greedily(model, memory, mask, longest)
        rows = []
        for i in range(len(memory)):
            of_row = None if mask is None else mask[i : i + 1]
            found = beam_search(model.decoder, memory[i : i + 1], of_row, width=self.beams, longest=longest)
            rows.append(found[0])
        return rows

    def read(
        self, outputs: Sequence[Sequence[Any]], examples: Sequence[TextPair], labels: Sequence[str]
    ) -> list[Translation]:
        """The characters up to END as text."""
        found = []
        for ((_, (ids, score)),) in outputs:
            text = "".join(labels[i] for i in ids if i not in (START, END))
            found.append(Translation(text, float(np.exp(score)), ids[-1:] == [END]))
        return found

    def scores(self, examples: Sequence[TextPair], predictions: Sequence[Translation]) -> Scores:
        """Share of exact matches, and chrF; exact matches of each kind too where there are several."""
        exact = np.array([p.text == e.target for e, p in zip(examples, predictions, strict=True)], float)
        scores = {"exact": bootstrap(exact), "chrf": bootstrap(chrf(examples, predictions))}
        kinds = sorted({example.kind for example in examples})
        for kind in kinds if len(kinds) > 1 else ():
            inside = np.array([example.kind == kind for example in examples])
            scores[f"exact, {kind}"] = bootstrap(exact[inside])
        return scores


def chrf(examples: Sequence[TextPair], predictions: Sequence[Translation]) -> np.ndarray:
    """chrF of each text by sacrebleu, 0 to 1: F2 of the character n-grams, n to 6 (Popović 2015)."""
    from sacrebleu.metrics import CHRF

    metric = CHRF()
    pairs = zip(examples, predictions, strict=True)
    return np.array([metric.sentence_score(p.text, [e.target]).score / 100 for e, p in pairs])


def _greedily(
    model: nn.Module, memory: Tensor, mask: Tensor | None, longest: int
) -> list[tuple[list[int], float]]:
    ids = greedy(model.decoder, memory, mask, longest)  # (B, n)
    logits, _ = model.decoder(shifted(ids), memory, mask)
    steps = logits.float().log_softmax(dim=-1).gather(-1, ids[..., None])[..., 0]  # (B, n)
    rows = []
    for row, scores in zip(ids.tolist(), steps, strict=True):
        stop = row.index(END) + 1 if END in row else len(row)
        rows.append((row[:stop], float(scores[:stop].sum())))
    return rows


class Alignment(NamedTuple):
    """Where the decoder looked while it wrote: pieces written (Tq), tokens read (Tk), weights (N, Tq, Tk)."""

    written: tuple[str, ...]
    tokens: tuple[str, ...]
    weights: np.ndarray


@torch.no_grad()
def align(reader: Reader, text: str) -> Alignment:
    """What a translator writes for a text, and the cross-attention weights of each head while it does.

    Row t is the look before character t was chosen; the last one is that of the end.

    Raises:
        InputError: it is no string.
    """
    (text,) = check_texts([text])
    (said,) = reader.answer([text])
    (encoded,) = reader.encode([TextPair(text, said.text)])
    (batch,) = reader.batches([encoded])
    output = reader.task.run(reader.model, batch)
    tokens = [reader.encoder.backend.id_to_token(i) for i in encoded.ids]
    written = (*said.text, NOT_WRITTEN[END])
    weights = output.cross_attentions[0, :, : len(written), : len(tokens)].float().cpu().numpy()
    return Alignment(written, tuple(tokens), weights)


def word_by_word(data: Splits[TextPair]) -> list[Translation]:
    """The trivial translation: each word becomes the character that it occurs with most tellingly.

    A word and a character belong together by Dice's coefficient over the training side,
    2·both / (texts with the word + texts with the character).
    """
    sides = [({*_words(e.source)}, {*e.target}) for e in data.training]
    words = Counter(word for source, _ in sides for word in source)
    characters = Counter(c for _, target in sides for c in target)
    both = Counter((word, c) for source, target in sides for word in source for c in target)
    best: dict[str, tuple[float, str]] = {}
    for (word, c), n in sorted(both.items()):
        best[word] = max(best.get(word, (0.0, "")), (2 * n / (words[word] + characters[c]), c))
    told = ("".join(best.get(word, (0.0, ""))[1] for word in _words(e.source)) for e in data.test)
    return [Translation(text) for text in told]


def nearest_translations(data: Splits[TextPair]) -> list[Translation]:
    """The translation of the training text whose words and pairs of words are most alike (tf-idf, cosine)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w+\b")
    known = vectorizer.fit_transform([example.source for example in data.training])
    asked = vectorizer.transform([example.source for example in data.test])
    nearest = np.asarray((asked @ known.T).argmax(axis=1)).ravel()
    return [Translation(data.training[i].target) for i in nearest]


def _words(text: str) -> list[str]:
    return text.lower().replace("-", " ").split()
