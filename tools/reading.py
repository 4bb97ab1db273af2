"""How long reading a chapter takes, counted in the notebook: ``python -m tools.reading [NN] [--write]``.

150 words a minute, 8 lines of code a minute and 2 minutes for a prediction, times 1.3 for thinking. What is
folded (code without its source, the descriptions of pictures) takes no time. Cells tagged ``optional`` are
counted apart from the main path. ``--write`` puts the minutes into the cards.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from tests.notebooks.normal import named, read
from tests.notebooks.run import write

WORDS_A_MINUTE, LINES_A_MINUTE, MINUTES_A_PREDICTION, THINKING = 150, 8, 2, 1.3
STEP = 5  # the card says minutes in steps of five
READING = re.compile(r"^\| *Reading *\|[^\n]*\|$", re.MULTILINE)
DESCRIPTION = re.compile(r"<details><summary>The picture in words</summary>.*?</details>", re.DOTALL)


@dataclass(frozen=True)
class Amount:
    """What a reader has before them."""

    words: int
    lines: int
    predictions: int

    @property
    def minutes(self) -> float:
        """How long an honest reader takes."""
        read = self.words / WORDS_A_MINUTE + self.lines / LINES_A_MINUTE
        return THINKING * (read + MINUTES_A_PREDICTION * self.predictions)


def words(text: str) -> int:
    """The number of words of Markdown: whatever stands between spaces and holds a letter or a digit."""
    return sum(any(sign.isalnum() for sign in word) for word in text.split())


def amount(cells: Iterable[NotebookNode]) -> Amount:
    """Words, lines of code and predictions of the cells, without what is folded."""
    cells = list(cells)
    code = [cell for cell in cells if cell.cell_type == "code"]
    seen = [cell for cell in code if not cell.metadata.get("jupyter", {}).get("source_hidden")]
    return Amount(
        words=sum(words(DESCRIPTION.sub("", cell.source)) for cell in cells if cell.cell_type == "markdown"),
        lines=sum(bool(line.strip()) for cell in seen for line in cell.source.splitlines()),
        predictions=sum("lab.predict(" in cell.source for cell in code),
    )


def paths(notebook: NotebookNode) -> tuple[Amount, Amount]:
    """The main path, and what is optional."""
    optional = ["optional" in cell.metadata.get("tags", []) for cell in notebook.cells]
    cells = list(zip(notebook.cells, optional, strict=True))
    return amount(c for c, apart in cells if not apart), amount(c for c, apart in cells if apart)


def card_line(notebook: NotebookNode) -> str:
    """The line of the card on reading, as it must be."""
    main, optional = (math.ceil(part.minutes / STEP) * STEP for part in paths(notebook))
    more = f", {optional} more with what is marked optional" if optional else ""
    return f"| Reading | about {main} minutes{more} |"


def write_minutes(path: Path) -> None:
    """Put the minutes into the card of the chapter at ``path``."""
    notebook = read(path)
    card = notebook.cells[0]
    line = card_line(notebook)
    card.source = READING.sub(lambda _: line, card.source)
    write(notebook, path)


def main() -> None:
    """Print a table of all chapters."""
    parser = argparse.ArgumentParser(prog="python -m tools.reading", description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="such as 02; all if there is none")
    parser.add_argument("--write", action="store_true", help="write the minutes into the cards")
    asked = parser.parse_args()
    print("| chapter | words | code lines | predictions | minutes | optional minutes | longest text cell |")
    print("|---|---|---|---|---|---|---|")
    for path in named(asked.chapters):
        if asked.write:
            write_minutes(path)
        notebook = read(path)
        part, apart = paths(notebook)
        longest = max(words(cell.source) for cell in notebook.cells if cell.cell_type == "markdown")
        numbers = (
            part.words,
            part.lines,
            part.predictions,
            round(part.minutes),
            round(apart.minutes),
            longest,
        )
        print(f"| {path.stem} | {' | '.join(map(str, numbers))} |")


if __name__ == "__main__":
    main()
