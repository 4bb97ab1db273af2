"""The folder of a training run: its saved state, the best weights, and its log."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from albert_lab.errors import AlbertLabError, CheckpointError, OutputError
from albert_lab.paths import atomic_write

STATE_FILE, LOG_FILE, BEST_FILE = "training_state.pt", "training_log.jsonl", "best_weights.pt"
MARK_FILE = "training_run.json"  # there while a run is not finished: what stands in the folder is ours
_RUN_FILES = (STATE_FILE, LOG_FILE, BEST_FILE, MARK_FILE, "negatives-*.npy", "teacher-*.npy")
_TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "chat_template*")
# What a finished model consists of, or what would be read together with it.
_MODEL_FILES = (
    *("config.json", "*.safetensors", "*.safetensors.index.json", "*.bin", "*.bin.index.json", "README.md"),
    *("modules.json", "sentence_*_config.json", "config_sentence_transformers.json"),
    *("0_Transformer", "1_Pooling", "2_Normalize"),
    *("spiece.model", "vocab.*", "merges.txt", "generation_config.json", "training_corpus.json"),
)


@dataclass
class Position:
    """Where a run stands: the next batch to train on, and what has been seen before it.

    `best` is the best measure so far of a run that may stop early, `best_step` when it was seen, and
    `judged_step` when it was measured last.
    """

    step: int = 0
    epoch: int = 0
    batch: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_step: int = 0
    judged_step: int | None = None


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Mark a folder as that of a run, for what comes before the first step.

    Nothing that we did not write is ever replaced. Where the run cannot begin, the mark goes again.

    Raises:
        OutputError: it holds a finished model, or files that a run would replace and that no run of ours
            wrote; or it is no folder, or cannot be written. Nothing was changed then.
    """
    stage, early = _stage(path), (*_RUN_FILES, *_TOKENIZER_FILES)
    _refuse_foreign(path, stage, _MODEL_FILES if stage else (*early, *_MODEL_FILES))
    was_there = path.is_dir()
    if stage is None:
        _mark(path, "training")
    try:
        yield
    except AlbertLabError:
        if stage is None and _among(path, early) == [MARK_FILE]:
            (path / MARK_FILE).unlink()
            if not was_there and not any(path.iterdir()):
                path.rmdir()
        raise


def claim_results(path: Path) -> None:
    """The same before the files of the finished model are written, which may be long after.

    Raises:
        OutputError: somebody put files there in the meantime.
    """
    _refuse_foreign(path, _stage(path), _MODEL_FILES)
    _mark(path, "finishing")


def _stage(path: Path) -> str | None:
    """Where the run in a folder is: "training", "finishing", or None where there is none."""
    mark = path / MARK_FILE
    try:
        if mark.exists():
            stage = json.loads(mark.read_text(encoding="utf-8"))["stage"]
            return stage if stage in ("training", "finishing") else None
        return "training" if (path / STATE_FILE).exists() else None  # of a version without the mark
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _mark(path: Path, stage: str) -> None:
    with atomic_write(path / MARK_FILE) as temporary:
        temporary.write_text(json.dumps({"stage": stage}) + "\n", encoding="utf-8")


def _refuse_foreign(path: Path, stage: str | None, patterns: Iterable[str]) -> None:
    try:
        str(path).encode()  # the libraries that write into it take no other names
        foreign = _among(path, patterns)
    except (OSError, ValueError) as error:
        raise OutputError(
            f"{str(path)!r} cannot be the folder of a model: {error}.",
            expected="an empty or a new folder",
            mend="choose another folder",
        ) from error
    if stage == "finishing" or not foreign:
        return
    finished = "model.safetensors" in foreign
    raise OutputError(
        f"{path} holds a finished model." if finished else f"{path} holds {', '.join(foreign[:5])} already.",
        expected="an empty folder, or one with an interrupted run",
        mend="choose another folder; nothing was changed in this one",
    )


def _among(path: Path, patterns: Iterable[str]) -> list[str]:
    """What stands in a folder under one of these names; capitals do not count, as on some disks."""
    with suppress(FileNotFoundError):
        path.lstat()  # exists() would take a name with a zero byte for one that is free
    there = sorted(each.name for each in path.iterdir()) if path.exists() else []
    return [name for name in there if any(fnmatch(name.lower(), each.lower()) for each in patterns)]


class RunFolder:
    """Saves and restores one run, and keeps its log in step with the saved state.

    Args:
        path: the folder; made when something is written.
        identity: all that decides the weights; a state of another identity is not gone on with.
        writes: False in a process that only reads, because another one writes the same folder.
    """

    def __init__(self, path: Path, identity: dict[str, Any], *, writes: bool = True) -> None:
        self.path, self.identity, self.writes = path, identity, writes

    def save(self, position: Position, model: nn.Module, optimizer: Optimizer) -> None:
        """Write the state atomically, so that a kill at any moment leaves a whole one."""
        if not self.writes:
            return
        state = {
            "identity": self.identity,
            "position": asdict(position),
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        with atomic_write(self.path / STATE_FILE) as temporary:
            torch.save(state, temporary)

    def resume(self, model: nn.Module, optimizer: Optimizer, device: torch.device) -> Position:
        """Load a saved state into model, optimizer and torch's random numbers; without one, start anew.

        Raises:
            CheckpointError: the state is damaged, or of a run with other settings or other text.
        """
        if not (self.path / STATE_FILE).exists():
            if self.writes:
                (self.path / LOG_FILE).unlink(missing_ok=True)
            return Position()
        state = self._read(STATE_FILE, device)
        self._check_identity(state["identity"])
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"].cpu())
        position = Position(**state["position"])
        if self.writes:
            self._cut_log(position.step)
        return position

    def keep_best(self, model: nn.Module) -> None:
        """Write the weights as the best ones, in place of those before."""
        if not self.writes:
            return
        with atomic_write(self.path / BEST_FILE) as temporary:
            torch.save(model.state_dict(), temporary)

    def load_best(self, model: nn.Module, device: torch.device) -> None:
        """Put the best weights into the model, if any were kept."""
        if (self.path / BEST_FILE).exists():
            model.load_state_dict(self._read(BEST_FILE, device))

    def clear(self) -> None:
        """Drop the state and the best weights of a run that is finished; the log stays."""
        for name in (STATE_FILE, BEST_FILE, MARK_FILE):
            (self.path / name).unlink(missing_ok=True)

    def log(self, record: dict[str, Any]) -> None:
        """Add a line to the log."""
        if not self.writes:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / LOG_FILE).open("a") as log:
            log.write(json.dumps(record) + "\n")

    def _read(self, name: str, device: torch.device) -> dict[str, Any]:
        path = self.path / name
        try:
            return torch.load(path, map_location=device, weights_only=True)
        except Exception as error:  # zip, pickle and OS errors alike
            raise CheckpointError(
                f"The state of the interrupted run, {path}, cannot be read: {error}.",
                expected="a file that this command wrote",
                mend="delete it to start again, or choose another folder",
            ) from error

    def _check_identity(self, saved: dict[str, Any]) -> None:
        # A setting that the state does not know came later, and then was as its default is now.
        changed = [name for name, value in self.identity.items() if saved.get(name, value) != value]
        if changed:
            raise CheckpointError(
                f"{self.path} holds a run that differs in: {', '.join(changed)}.",
                expected="the same settings and the same text as when it was started",
                mend="choose another folder, or the settings of that run",
            )

    def _cut_log(self, step: int) -> None:
        """Drop the lines that were written after the state was saved: those steps are done again."""
        log = self.path / LOG_FILE
        if not log.exists():
            return
        lines = log.read_text().splitlines(keepends=True)
        kept = [line for line in lines if line.endswith("\n") and _step_of(line) <= step]
        with atomic_write(log) as temporary:
            temporary.write_text("".join(kept))


def _step_of(line: str) -> float:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return math.inf
