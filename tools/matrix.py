"""Run chapters on other instruction sets, numbers of threads and seeds: what they state must hold on all.

``python -m tools.matrix [chapters] [--write] [--jobs 2] [--fresh]``, or ``make matrix``.

Each chapter is run as it is, with each instruction set of this processor that torch, oneDNN and MKL can be
held to, with one, two and four threads, and, where its setup cell has a line ``SEED = 0``, with five other
seeds. For each fact (`lab.facts`) the table shows its numbers over all runs, and its margin: the
smallest gap between two numbers that must rise, over how far that gap moves from run to run. A fact with a
margin under 0.5 is called close; one that failed anywhere is wrong, and the program ends with status 1.

``--write`` puts tolerances into the metadata of cells whose printed or drawn numbers moved: twice what was
seen over instruction sets and threads. What cannot be tolerated, other words or whole numbers, is listed.

Runs are kept in ``.build/matrix`` and used again as long as the notebook's code is the same; with ``--fresh``
all are made again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from albert_lab.classroom.facts import Fact
from tests.notebooks import compare
from tests.notebooks.normal import SEED, named, read, reads_a_seed
from tests.notebooks.run import NotebookFailedError, execute_with_facts, other_capabilities, write

KEPT = Path(__file__).parents[1] / ".build" / "matrix"
SEEDS, THREADS = (1, 2, 3, 4, 5), (1, 2, 4)
CLOSE = 0.5  # of the spread
REASON = "make matrix: twice the largest difference over instruction sets and threads"


@dataclass(frozen=True)
class Variation:
    """One way to run a chapter: variables of its kernel, and the seed."""

    name: str
    environment: tuple[tuple[str, str], ...] = ()
    seed: int = 0


@dataclass(frozen=True)
class Run:
    """What came of one: the notebook with its outputs and the facts, or the error."""

    variation: Variation
    notebook: NotebookNode | None
    facts: tuple[Fact, ...]
    error: str = ""


def variations(notebook: NotebookNode) -> list[Variation]:
    """The rows of the matrix: one thing changed at a time."""
    sets = [Variation(f"torch {name}", (("ATEN_CPU_CAPABILITY", name),)) for name in other_capabilities()]
    sets += [
        Variation("oneDNN AVX2", (("ONEDNN_MAX_CPU_ISA", "AVX2"),)),
        Variation("MKL compatible", (("MKL_CBWR", "COMPATIBLE"),)),
    ]
    counts = [Variation(f"{n} threads", threads(n)) for n in THREADS]
    seeds = [Variation(f"seed {seed}", (), seed) for seed in SEEDS] if reads_a_seed(notebook) else []
    return [Variation("as it is"), *sets, *counts, *seeds]


def threads(count: int) -> tuple[tuple[str, str], ...]:
    """Variables that give a kernel so many threads."""
    return (("OMP_NUM_THREADS", str(count)), ("MKL_NUM_THREADS", str(count)))


def run(path: Path, variation: Variation, *, fresh: bool = False) -> Run:
    """Run one chapter in one way, or read what came of it before."""
    notebook = read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = SEED.sub(f"SEED = {variation.seed}", cell.source)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    digest = hashlib.sha256(f"{sys.version}\n{code}".encode()).hexdigest()[:12]
    kept = KEPT / path.stem / f"{variation.name.replace(' ', '-')}-{digest}.json"
    if fresh or not kept.exists():
        told = {"facts": [], "error": "", "notebook": None}
        try:
            done, facts = execute_with_facts(notebook, path.parent, dict(variation.environment))
            told |= {"facts": [[fact.says, fact.rising, fact.holds] for fact in facts]}
            told |= {"notebook": nbformat.writes(done)}
        except NotebookFailedError as error:
            told["error"] = str(error)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(told), encoding="utf-8")
        print(
            f"{path.stem}: {variation.name}{' FAILED' if told['error'] else ''}", file=sys.stderr, flush=True
        )
    told = json.loads(kept.read_text(encoding="utf-8"))
    done = nbformat.reads(told["notebook"], as_version=4) if told["notebook"] else None
    facts = (Fact(says, rising and tuple(rising), holds) for says, rising, holds in told["facts"])
    return Run(variation, done, tuple(facts), told["error"])


@dataclass(frozen=True)
class Row:
    """One fact over all runs."""

    says: str
    seen: str
    margin: float
    failed_in: tuple[str, ...]

    @property
    def verdict(self) -> str:
        """In one word."""
        return "wrong" if self.failed_in else "close" if self.margin < CLOSE else "holds"


def rows(runs: list[Run]) -> list[Row]:
    """A row for each fact, in the chapter's order."""
    by_fact: dict[str, list[tuple[str, Fact]]] = defaultdict(list)
    for done in runs:
        for fact in done.facts:
            by_fact[fact.says].append((done.variation.name, fact))
    return [_row(says, found) for says, found in by_fact.items()]


def _row(says: str, found: list[tuple[str, Fact]]) -> Row:
    failed = tuple(name for name, fact in found if not fact.holds)
    numbers = [fact.rising for _, fact in found if fact.rising]
    if not numbers:
        return Row(says, f"{len(found) - len(failed)} of {len(found)} runs", math.inf, failed)
    gaps = [[b - a for a, b in pairwise(rising)] for rising in numbers]
    margins = []
    for column in zip(*gaps, strict=True):
        spread = max(column) - min(column)
        margins.append(min(column) / spread if spread else math.inf)
    seen = " < ".join(_range(column) for column in zip(*numbers, strict=True))
    return Row(says, seen, min(margins), failed)


def _range(values: tuple[float, ...]) -> str:
    low, high = (f"{value:.3g}" for value in (min(values), max(values)))
    return low if low == high else f"{low}…{high}"


def needed_tolerances(committed: NotebookNode, runs: list[Run]) -> Iterator[tuple[int, dict, list[str]]]:
    """For each cell whose outputs moved: its number, the tolerance that it needs, and what none can mend."""
    same_seed = [done for done in runs if done.notebook and not done.variation.seed]
    for index, cell in enumerate(committed.cells):
        if cell.cell_type != "code" or "varies" in cell.metadata.get("tags", []):
            continue
        atol = picture = 0.0
        beyond: list[str] = []
        for done in same_seed:
            text, share, other = moved(cell, done.notebook.cells[index])
            atol, picture = max(atol, text), max(picture, share)
            beyond += [f"{done.variation.name}: {problem}" for problem in other]
        usual = compare.Tolerance()
        needed = {"atol": rounded_up(2 * atol)} if atol > usual.atol else {}
        needed |= {"picture": rounded_up(2 * picture)} if 2 * picture > usual.picture else {}
        if needed or beyond:
            yield index, needed, beyond


def moved(old: NotebookNode, new: NotebookNode) -> tuple[float, float, list[str]]:
    """How far decimals of a cell's text and numbers of its pictures moved, and what else differs."""
    free = compare.Tolerance(rtol=0, atol=math.inf, picture=math.inf)
    beyond, text, share = compare.compare_outputs(old, new, free), 0.0, 0.0
    if beyond:
        return text, share, beyond
    for a, b in zip(old.outputs, new.outputs, strict=True):
        for before, after in compare.texts(a, b):
            pairs = zip(compare.NUMBER.findall(before), compare.NUMBER.findall(after), strict=True)
            text = max([text, *(abs(compare.value(x) - compare.value(y)) for x, y in pairs if x != y)])
        behind = [compare.behind(output) for output in (a, b)]
        if None not in behind:
            share = max([share, *(compare.off(*pair) for pair in compare.drawn_pairs(*behind))])
    return text, share, []


def rounded_up(value: float) -> float:
    """To one significant digit."""
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{math.ceil(value / power - 1e-9) * power:.1g}")


def write_tolerances(path: Path, runs: list[Run]) -> None:
    """Put the tolerances that the runs need into the chapter's cells, and say what cannot be tolerated."""
    notebook = read(path)
    needs = {index: (needed, beyond) for index, needed, beyond in needed_tolerances(notebook, runs)}
    for index, cell in enumerate(notebook.cells):
        needed, beyond = needs.get(index, ({}, []))
        own = cell.metadata.get("albert_lab", {})
        stated = own.get("tolerance", {})
        by_hand = {} if stated.get("reason") == REASON else stated
        for problem in beyond:
            print(f"{path.stem}, cell {index}: {problem}")
        merged = {
            name: max(needed.get(name, 0), by_hand.get(name, 0))
            for name in ("rtol", "atol", "picture")
            if name in needed or name in by_hand
        }
        if merged:
            cell.metadata["albert_lab"] = own | {
                "tolerance": {**merged, "reason": by_hand.get("reason", REASON)}
            }
        elif stated:
            del cell.metadata["albert_lab"]["tolerance"]
    write(notebook, path)


def main(arguments: list[str] | None = None) -> int:
    """Run the matrix and print its table; 1 if a statement failed anywhere."""
    parser = argparse.ArgumentParser(prog="python -m tools.matrix", description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 02 or 02_many_heads; all if there is none")
    parser.add_argument("--write", action="store_true", help="write the tolerances into the notebooks")
    parser.add_argument("--fresh", action="store_true", help="run again what was run before")
    parser.add_argument("--jobs", type=int, default=2, help="kernels at the same time")
    asked = parser.parse_args(arguments)
    names = asked.chapters
    paths = named(names)
    work = [(path, variation) for path in paths for variation in variations(read(path))]
    with ThreadPoolExecutor(asked.jobs) as pool:
        done = list(pool.map(lambda item: run(*item, fresh=asked.fresh), work))
    wrong = 0
    for path in paths:
        runs = [result for (of, _), result in zip(work, done, strict=True) if of == path]
        wrong += print_table(path, runs)
        if asked.write:
            write_tolerances(path, runs)
    return int(wrong > 0)


def print_table(path: Path, runs: list[Run]) -> int:
    """The chapter's facts as a Markdown table; the number of what is wrong."""
    names = ", ".join(done.variation.name for done in runs)
    print(f"\n## {path.stem}: {len(runs)} runs ({names})\n\n| fact | seen | margin | |\n|---|---|---|---|")
    table = rows(runs)
    for row in table:
        where = f"wrong: {', '.join(row.failed_in)}" if row.failed_in else row.verdict
        print(f"| {row.says} | {row.seen} | {row.margin:.2g} | {where} |")
    broken = [done for done in runs if done.error]
    for done in broken:
        print(f"\n{path.stem}, {done.variation.name}: {done.error}")
    return len(broken) + sum(bool(row.failed_in) for row in table)


if __name__ == "__main__":
    sys.exit(main())
