"""The tokenizer: unigram pieces with ALBERT's normalization, special tokens and pairs.

ALBERT (Lan et al. 2020, section 4.1) uses a SentencePiece unigram vocabulary over lower-cased text whose
accents are stripped after NFKD. The `tokenizers` library trains and runs the same model; the result is an
ordinary transformers tokenizer, so ``AutoTokenizer.from_pretrained(folder)`` reads what we save.
"""

from __future__ import annotations

import copy
import json
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from albert_lab.errors import CheckpointError, InputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.pre_tokenizers import PreTokenizer
    from transformers import PreTrainedTokenizerFast

SPECIAL_TOKENS = ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")  # ids 0 to 4, as in Google's vocabularies
_READS_THE_FILE = ("TokenizersBackend", "PreTrainedTokenizerFast", "AlbertTokenizer")
SPIECE_NAMES = ("spiece.model", "30k-clean.model")
WORD_START = "▁"
MAX_PIECE_LENGTH = 16
SPARE_CANDIDATES = 3.0  # candidates learnt for every piece kept; many straddle punctuation and fall out
_INPUT_NAMES = ["input_ids", "token_type_ids", "attention_mask"]


def train_tokenizer(
    texts: Iterable[str],
    vocab_size: int = 8000,
    *,
    max_length: int = 256,
    allow_fewer: bool = False,
    progress: bool = False,
) -> PreTrainedTokenizerFast:
    """Learn `vocab_size` unigram pieces from `texts` and return the tokenizer.

    Training (Kudo 2018, section 3.2) starts from frequent substrings and drops those that the likelihood of
    the texts needs least; of what is left, the `vocab_size` pieces that the texts use most are kept. The
    special tokens take ids 0 to 4 of them.

    Args:
        texts: any strings; each is used once, nothing is kept.
        vocab_size: V, the number of pieces, special tokens included.
        max_length: the longest input of the model that the tokenizer is for, in tokens.
        allow_fewer: take what the texts hold where that is less than `vocab_size`.
        progress: show the trainer's progress bar.

    Raises:
        InputError: no text, or so few that `vocab_size` pieces cannot be learnt from them.
    """
    if vocab_size <= len(SPECIAL_TOKENS):
        raise InputError(
            f"vocab_size is {vocab_size}.",
            expected=f"more than the {len(SPECIAL_TOKENS)} special tokens",
            mend="pass, for instance, vocab_size=8000",
        )
    texts = list(texts)
    candidates = _learn_candidates(texts, int(vocab_size * SPARE_CANDIDATES), progress)
    pieces = _most_used(texts, candidates, vocab_size)
    if len(pieces) < vocab_size and not allow_fewer:
        raise InputError(
            f"The texts hold only {len(pieces)} different pieces, {vocab_size} were asked for.",
            expected="a few thousand words of text for every thousand pieces",
            mend=f"pass more text, or vocab_size={len(pieces)} or less",
        )
    return _wrap(_unigram(pieces), max_length)


def word_tokenizer(
    texts: Iterable[str], vocab_size: int = 4000, *, max_length: int = 256
) -> PreTrainedTokenizerFast:
    """A tokenizer whose pieces are the most frequent words of `texts`; other words are spelt out.

    For small worlds, such as number words, where every word is worth a piece of its own.

    Args:
        texts: any strings; each is used once, nothing is kept.
        vocab_size: V at most, special tokens and single characters included.
        max_length: the longest input of the model that the tokenizer is for, in tokens.

    Raises:
        InputError: there is no text.
    """
    cutter = _unigram([])
    counts: Counter[str] = Counter()
    for text in texts:
        cut = cutter.pre_tokenizer.pre_tokenize_str(cutter.normalizer.normalize_str(text))
        counts.update(piece for piece, _ in cut)
    if not counts:
        raise InputError("There is no text to learn words from.", expected="at least one word")
    characters = sorted({c for piece in counts for c in piece})
    kept = [piece for piece, _ in counts.most_common() if len(piece) > 1]
    kept = kept[: max(0, vocab_size - len(SPECIAL_TOKENS) - len(characters))]
    total = counts.total()
    scored = [(piece, math.log(counts[piece] / total)) for piece in kept]
    spelt = math.log(1 / total) - 1  # a character costs more than the rarest word
    pieces = [(token, 0.0) for token in SPECIAL_TOKENS] + scored + [(c, spelt) for c in characters]
    return _wrap(_unigram(pieces), max_length)


def _learn_candidates(texts: list[str], count: int, progress: bool) -> list[tuple[str, float]]:
    """About `count` pieces and their log probabilities, learnt from words cut at white space only.

    The trainer counts a substring once per *different* word, so it must see words with their punctuation:
    cut before training, "and" would be one word among thousands and lost.
    """
    from tokenizers import trainers

    tokenizer = _unigram([])
    tokenizer.pre_tokenizer = _pre_tokenizer(split_punctuation=False)
    trainer = trainers.UnigramTrainer(
        vocab_size=count,
        special_tokens=list(SPECIAL_TOKENS),
        unk_token="<unk>",
        max_piece_length=MAX_PIECE_LENGTH,
        show_progress=progress,
    )
    try:
        tokenizer.train_from_iterator(texts, trainer)
    except Exception as error:  # the Rust library raises bare Exceptions
        raise InputError(
            f"The tokenizer could not be trained: {error}.",
            expected="a few thousand words of text for every thousand pieces",
            mend="pass more text or a smaller vocab_size",
        ) from error
    return [(piece, score) for piece, score in json.loads(tokenizer.to_str())["model"]["vocab"]]


def _most_used(
    texts: list[str], candidates: list[tuple[str, float]], vocab_size: int
) -> list[tuple[str, float]]:
    """The special tokens, then the pieces that the best segmentations of `texts` use most.

    Single characters stay whatever their count, so that a rare word is spelt rather than unknown. The scores
    are log(count / total): one step of Viterbi training, with the words now cut around punctuation.
    """
    tokenizer = _unigram(candidates)
    counts = Counter(dict.fromkeys(range(len(candidates)), 0))
    for start in range(0, len(texts), 1000):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + 1000]):
            counts.update(encoding.ids)
    special = len(SPECIAL_TOKENS)
    ranked = sorted(range(special, len(candidates)), key=lambda i: (-counts[i], candidates[i][0]))
    characters = [i for i in ranked if len(candidates[i][0]) == 1]
    words = [i for i in ranked if len(candidates[i][0]) > 1 and counts[i] > 0]
    kept = (characters + words)[: vocab_size - special]
    total = sum(counts[i] + 1 for i in kept)
    kept.sort(key=lambda i: (-counts[i], candidates[i][0]))
    scored = [(candidates[i][0], math.log((counts[i] + 1) / total)) for i in kept]
    return [(token, 0.0) for token in SPECIAL_TOKENS] + scored


def load_tokenizer(folder: Path | str) -> PreTrainedTokenizerFast:
    """Read the tokenizer of a checkpoint folder; it returns ``token_type_ids`` for pairs.

    transformers' AlbertTokenizer leaves ``token_type_ids`` out unless asked, and the model then takes both
    texts of a pair for the first one. Whatever the folder says, the tokenizer returned here includes them.
    A folder without ``tokenizer.json`` but with a file of the authors (``spiece.model``, ``30k-clean.model``,
    a ``vocab.txt`` of WordPieces) is read here, as their code reads it.

    Raises:
        CheckpointError: the folder has no tokenizer, or one that is damaged or knows no pieces.
    """
    folder = Path(folder)
    settings = _read_settings(folder)
    whole = (folder / "tokenizer.json").exists()
    how = {"max_length": settings.get("model_max_length"), "lower": settings.get("do_lower_case")}
    pieces = [name for name in SPIECE_NAMES if (folder / name).is_file()]
    if pieces and not whole:
        keep = bool(settings.get("keep_accents"))
        tokenizer = read_spiece(folder / pieces[0], **how, keep_accents=keep)
    elif (folder / "vocab.txt").is_file() and not whole and "tokenizer_class" not in settings:
        tokenizer = read_wordpiece(folder / "vocab.txt", **how)
    else:
        tokenizer = _read_with_transformers(folder)
    _check_usable(folder, tokenizer)
    tokenizer.model_input_names = list(_INPUT_NAMES)
    return tokenizer


def read_spiece(
    path: Path, *, max_length: int | None = None, lower: bool | None = None, keep_accents: bool = False
) -> PreTrainedTokenizerFast:
    """The tokenizer of a SentencePiece file, with ALBERT's special tokens.

    Args:
        path: 30k-clean.model, spiece.model, ...
        max_length: the longest input of the model, in tokens; None for no limit.
        lower: write the text in lower case first; None = if the vocabulary has no capitals.
        keep_accents: leave combining characters in the text.

    Raises:
        CheckpointError: the file is damaged, or lacks one of the special tokens.
    """
    from albert_lab.text.spiece import read_vocabulary, unigram_tokenizer

    vocabulary = read_vocabulary(path)
    missing = set(SPECIAL_TOKENS) - {piece.text for piece in vocabulary.pieces}
    if missing:
        raise CheckpointError(
            f"{path} lacks {', '.join(sorted(missing))}", expected="the vocabulary of an ALBERT"
        )
    lower = not vocabulary.cased if lower is None else lower
    try:
        backend = unigram_tokenizer(vocabulary, lower=lower, keep_accents=keep_accents)
    except Exception as error:  # the Rust library raises bare Exceptions for a damaged character map
        raise CheckpointError(f"{path} is damaged: {error}", mend="copy or download it again") from error
    return _wrap(backend, max_length)


def read_wordpiece(
    path: Path, *, max_length: int | None = None, lower: bool | None = None
) -> PreTrainedTokenizerFast:
    """The tokenizer of a WordPiece vocabulary, as the authors' Chinese models have it.

    Args:
        path: vocab_chinese.txt, vocab.txt, ...
        max_length, lower: as for `read_spiece`.

    Raises:
        CheckpointError: the file cannot be read, or lacks one of the special tokens.
    """
    from albert_lab.text import wordpiece

    pieces = wordpiece.read_pieces(path)
    lower = not wordpiece.is_cased(pieces) if lower is None else lower
    return _wrap(wordpiece.wordpiece_tokenizer(pieces, lower=lower), max_length, wordpiece.SPECIAL_TOKENS)


def _read_with_transformers(folder: Path) -> PreTrainedTokenizerFast:
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:  # a damaged file can fail in any way
        raise _no_tokenizer(folder, next(iter(str(error).splitlines()), type(error).__name__)) from error
    _warn_of_two_tokenizers(folder, tokenizer)
    return tokenizer


_PROBE = "Copy a file, and sort 3 names."


def _warn_of_two_tokenizers(folder: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """Of a class with its own rules transformers takes these, and of tokenizer.json the vocabulary alone."""
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if type(tokenizer).__name__ in _READS_THE_FILE or not path.exists():
        return
    try:
        own = tokenizer.tokenize(_PROBE)
        file = Tokenizer.from_file(str(path))
        file.no_padding()  # many sentence models keep in it how long their batches were
        file.no_truncation()
        by_file = file.encode(_PROBE, add_special_tokens=False).tokens
    except Exception as error:  # the Rust library raises bare Exceptions for a damaged file
        raise _no_tokenizer(folder, str(error)) from error
    if own != by_file:
        warnings.warn(
            f"{folder}: tokenizer_config.json names a {type(tokenizer).__name__}, which cuts text into other "
            f"pieces ({' '.join(own[:4])} …) than tokenizer.json ({' '.join(by_file[:4])} …). The former are "
            "taken, as transformers does; only one of them is what the model was trained with.",
            stacklevel=4,
        )


def _read_settings(folder: Path) -> dict[str, object]:
    """tokenizer_config.json, {} without one; a length that is no whole number ends in a trace much later."""
    path = folder / "tokenizer_config.json"
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise CheckpointError(f"{path} is no JSON object", expected="the settings of a tokenizer")
    length = settings.get("model_max_length")
    number = isinstance(length, int | float) and not isinstance(length, bool)
    if length is not None and not (number and length >= 1 and length == length // 1):
        raise CheckpointError(
            f"{path}: model_max_length is {length!r}",
            expected="a whole number of tokens, at least 1",
            mend="write it without quotes, or delete that line",
        )
    return settings


def _check_usable(folder: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """Refuse what transformers makes of a folder without vocabulary: special tokens and nothing else."""
    if set(tokenizer.get_vocab()) <= {*tokenizer.all_special_tokens, *SPECIAL_TOKENS}:
        raise _no_tokenizer(folder, "there is no vocabulary beside config.json, or an empty one")
    try:
        # A copy makes the batch: padding and truncation would stay on the tokenizer.
        copy.deepcopy(tokenizer)(
            ["one text", "and a longer one"], padding=True, truncation=True, max_length=4
        )
    except Exception as error:  # no padding token, damaged settings, ...
        raise _no_tokenizer(folder, f"it cannot make a batch ({error})") from error


def _no_tokenizer(folder: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"No tokenizer could be read from {folder}: {reason.rstrip('.')}.",
        expected="tokenizer.json and its config, or spiece.model, or vocab.txt, beside config.json",
        mend="copy them from where the model comes from, or tokenizer.save_pretrained(folder)",
    )


def _pre_tokenizer(*, split_punctuation: bool) -> PreTokenizer:
    """Cut at white space, mark word starts, and (when asked) cut around runs of punctuation.

    Without the last step "path." and "path," would be pieces of their own beside "path".
    """
    from tokenizers import Regex, pre_tokenizers

    steps = [
        pre_tokenizers.WhitespaceSplit(),
        pre_tokenizers.Metaspace(replacement=WORD_START, prepend_scheme="always"),
    ]
    if split_punctuation:
        signs = Regex(rf"{WORD_START}?[\p{{P}}\p{{S}}&&[^{WORD_START}]]+")
        steps.append(pre_tokenizers.Split(signs, "isolated"))
    return pre_tokenizers.Sequence(steps)


def _unigram(pieces: list[tuple[str, float]]) -> Tokenizer:
    """A unigram tokenizer over `pieces` with ALBERT's normalization."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    model = models.Unigram(pieces, unk_id=SPECIAL_TOKENS.index("<unk>")) if pieces else models.Unigram()
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = _pre_tokenizer(split_punctuation=True)
    tokenizer.decoder = decoders.Metaspace(replacement=WORD_START, prepend_scheme="always")
    return tokenizer


def _wrap(
    tokenizer: Tokenizer, max_length: int | None, special: Sequence[str] = SPECIAL_TOKENS
) -> PreTrainedTokenizerFast:
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast
    from transformers.tokenization_utils_base import VERY_LARGE_INTEGER

    pad, unk, cls, sep, mask = special
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{cls}:0 $A:0 {sep}:0",
        pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (cls, sep)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=cls,
        eos_token=sep,
        unk_token=unk,
        sep_token=sep,
        pad_token=pad,
        cls_token=cls,
        mask_token=mask,
        model_max_length=VERY_LARGE_INTEGER if max_length is None else int(max_length),
        model_input_names=list(_INPUT_NAMES),
    )
