"""Examples in three sides, training, development and test, from a table, a folder or a list."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from albert_lab.errors import InputError
from albert_lab.text.splits import held_out_bucket
from albert_lab.text.tables import ENDINGS, Row, chosen, place, read_rows

TEST, DEVELOPMENT = 20.0, 10.0  # per cent of the groups
# What the sides are called in folders of `datasets` and by most who cut a table themselves.
_SIDES = {
    "training": ("train", "training"),
    "development": ("validation", "valid", "val", "dev", "development"),
    "test": ("test", "testing"),
}
_SIDE_OF = {name: side for side, names in _SIDES.items() for name in names}
SPLIT_COLUMN = "split"

Example = TypeVar("Example")
Parse = Callable[[dict[str, Any], str], Example]  # cells and the row in words -> example


@dataclass(frozen=True)
class Splits(Generic[Example]):
    """The three sides, which share no group, and in words where they are from."""

    training: list[Example]
    development: list[Example]
    test: list[Example]
    origin: str = ""

    def __post_init__(self) -> None:
        for name in _SIDES:
            if not getattr(self, name):
                raise InputError(
                    f"the {name} side is empty.",
                    expected="examples to train on, to stop by and to measure on",
                    mend="bring more examples: a few hundred, of many groups",
                )

    def sizes(self) -> str:
        """How many examples each side has, in words."""
        return ", ".join(f"{name} {len(getattr(self, name)):,}" for name in _SIDES)


def split(examples: Iterable[Example], group: Callable[[Example], str], origin: str = "") -> Splits[Example]:
    """Cut examples into three sides by a hash of their group: a group is on one side only, on every machine.

    Args:
        group: what must not be on two sides: the document that an example is from, or its own text.
    """
    sides = {name: [] for name in _SIDES}
    for example in examples:
        bucket = held_out_bucket(group(example))
        name = "test" if bucket < TEST else "development" if bucket < TEST + DEVELOPMENT else "training"
        sides[name].append(example)
    return Splits(**sides, origin=origin)


def read_splits(
    path: Path | str,
    parse: Parse,
    group: Callable[[Example], str],
    columns: Sequence[str],
    optional: Sequence[str] = (),
) -> Splits[Example]:
    """The examples of a file (.csv, .tsv, .jsonl, .parquet) or a folder.

    A folder is one that `datasets` saved (`save_to_disk`), or holds files called train, validation and test.
    A table may name the side of each row in a column "split". What is not cut into sides is cut by `split`;
    where one held-out side is given, it is the test side, and the other one is cut from the training side.

    Raises:
        InputError: no such file or folder, another ending, a column that is missing, a row that is no
            example.
    """
    path = Path(path)
    sides: dict[str, list[Example]] = {}
    for name, row, where in _rows(path, columns, (*optional, SPLIT_COLUMN)):
        cells = row.cells if isinstance(row.cells, dict) else {}
        side = name or _named_side(cells.pop(SPLIT_COLUMN, None), where)
        sides.setdefault(side, []).append(parse(cells, where))
    return _three_sides(sides, group, f"The {'folder' if path.is_dir() else 'file'} {path.name}.")


def _three_sides(
    sides: dict[str, list[Example]], group: Callable[[Example], str], origin: str
) -> Splits[Example]:
    if not any(sides.values()):
        raise InputError("There are no examples.", expected="a few hundred rows")
    if set(sides) == {""}:
        return split(sides[""], group, origin)
    if "" in sides or "training" not in sides or len(sides) == 1:
        told = ", ".join(name or "no side" for name in sides)
        raise InputError(
            f"The rows are of: {told}.",
            expected="a training and a test side, or no sides at all",
            mend=f"name them train, validation and test, in a column {SPLIT_COLUMN!r} or as files",
        )
    if len(sides) == 2:
        test = sides.get("test") or sides["development"]
        share = 100 * DEVELOPMENT / (100 - TEST)
        rest, held = [], []
        for example in sides["training"]:
            (held if held_out_bucket(group(example)) < share else rest).append(example)
        return Splits(rest, held, test, origin)
    return Splits(**sides, origin=origin)


def _named_side(value: Any, where: str) -> str:
    if value is None or value == "":
        return ""
    if str(value).lower() not in _SIDE_OF:
        raise InputError(f"{where} is of split {value!r}.", expected="train, validation or test")
    return _SIDE_OF[str(value).lower()]


def _rows(path: Path, columns: Sequence[str], optional: Sequence[str]) -> Iterator[tuple[str, Row, str]]:
    """Side ("" where none is named), row, and the row in words."""
    if path.is_dir():
        if (path / "dataset_dict.json").is_file():
            for name in _read_json(path / "dataset_dict.json").get("splits", []):
                yield from _saved(path / str(name), _side_of_name(str(name)), columns, optional)
            return
        if (path / "state.json").is_file():
            yield from _saved(path, "", columns, optional)
            return
        for file, side in _files_of_sides(path):
            yield from (
                (side, row, place(str(file), row.number))
                for row in read_rows(file, columns, optional=optional)
            )
        return
    if path.suffix.lower() not in ENDINGS or not path.is_file():
        raise InputError(
            f"{path} is no data.", expected="a folder, or a file that ends in " + ", ".join(ENDINGS)
        )
    for row in read_rows(path, columns, optional=optional):
        yield "", row, place(str(path), row.number)


def _side_of_name(name: str) -> str:
    """train, or train-00000-of-00001, or my.train: the side that a name tells; "" for none."""
    return next((_SIDE_OF[word] for word in re.split(r"[^a-z]+", name.lower()) if word in _SIDE_OF), "")


def _files_of_sides(folder: Path) -> list[tuple[Path, str]]:
    files = sorted(path for part in (folder, folder / "data") for path in part.glob("*.*"))
    named = [(path, _side_of_name(path.stem)) for path in files if path.suffix.lower() in ENDINGS]
    found = [(path, side) for path, side in named if side]
    if not found:
        raise InputError(
            f"{folder} holds no data set.",
            expected="what datasets' save_to_disk writes, or files such as train.csv and test.csv",
        )
    return found


def _saved(
    folder: Path, side: str, columns: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[str, Row, str]]:
    """The rows of one side that `datasets` saved: Arrow streams; labels kept as numbers get their names."""
    import pyarrow as pa

    files = _read_json(folder / "state.json").get("_data_files") or []
    names = _label_names(_read_json(folder / "dataset_info.json").get("features") or {})
    number = 0
    for file in files:
        path = folder / Path(str(file["filename"])).name
        try:
            with path.open("rb") as raw, pa.ipc.open_stream(raw) as stream:
                there = stream.schema.names
                chosen(columns, there, str(path), "rename the column")
                wanted = [name for name in (*columns, *optional) if name in there]
                for batch in stream:
                    for cells in batch.select(wanted).to_pylist():
                        number += 1
                        named = {name: _named(value, names.get(name)) for name, value in cells.items()}
                        yield side, Row(number, named), place(str(folder), number)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{path} cannot be read as a data set: {error}") from error


def _label_names(features: dict[str, Any]) -> dict[str, list[str]]:
    """The names of the labels of each column of ClassLabel, or of lists of them."""
    found = {}
    for column, feature in features.items():
        for kind in (feature, feature.get("feature") if isinstance(feature, dict) else None):
            if isinstance(kind, dict) and kind.get("_type") == "ClassLabel" and kind.get("names"):
                found[column] = list(kind["names"])
    return found


def _named(value: Any, names: Sequence[str] | None) -> Any:
    if names is None:
        return value
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    if isinstance(value, int):  # -1 stands for a label that nobody gave
        return names[value] if 0 <= value < len(names) else None
    return value


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path} cannot be read: {error}", expected="what datasets' save_to_disk writes"
        ) from error
    return value if isinstance(value, dict) else {}


def label_names(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels that occur, in the order of the alphabet.

    Raises:
        InputError: fewer than two.
    """
    found = tuple(sorted(Counter(labels)))
    if len(found) < 2:
        raise InputError(f"The only label is {', '.join(found) or 'none'}.", expected="at least two labels")
    return found
