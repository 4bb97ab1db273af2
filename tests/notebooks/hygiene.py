"""What every chapter keeps to, checked on the committed file without running it."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from tests.notebooks.normal import CHAPTERS
from tools import reading

LONGEST_CELL = 30  # lines
MOST_CODE_LINES = 360  # folded cells not counted
LARGEST_FILE = 1_000_000  # bytes
LARGEST_PICTURE = 150_000  # bytes
LARGEST_DRAWING = 60_000  # bytes
MOST_VARYING = 3  # cells of one notebook whose outputs depend on what is installed
SECONDS = re.compile(r"\| *Running *\| *at most (\d+) seconds")
LONGEST_TEXT = 120  # words of a text cell
LONGEST_MAIN_PATH = 60  # minutes
IN_WORDS = "<details><summary>The picture in words</summary>"
TAGS = re.compile(r"facts|varies|optional|teaches:\w+")
CODES = re.compile(r"\b(?:LO|M|p|ex)-?\d\d[.\-_]\d+\b|\bLO-\d|\bM-\d")  # of objectives, mistakes, predictions
MACHINE = re.compile(
    r"/(?:home|root|tmp|work|Users|opt|usr|var|private)/|[A-Z]:\\|site-packages|\.venv|0x[0-9a-f]{6,}|localhost"
    r"|\b\w*Warning\b|\bTraceback\b|it/s\b|\d%\||\d{4}-\d\d-\d\d \d\d:\d\d"
)


def stated_seconds(notebook: NotebookNode) -> int:
    """How long a run may take, as the card says; 0 if there is no card."""
    found = SECONDS.search(notebook.cells[0].source)
    return int(found[1]) if found else 0


def complaints(notebook: NotebookNode, path: Path) -> list[str]:
    """Everything in the notebook at ``path`` that does not keep to the rules."""
    rules = (shape, cells, predictions, figures, drawings, links, objectives)
    if rewritten(notebook):
        rules += (text, is_drawn, minutes, optional_parts, main_path)
    return [*size(notebook, path), *itertools.chain.from_iterable(rule(notebook) for rule in rules)]


def rewritten(notebook: NotebookNode) -> bool:
    """Whether no code of an objective and no description of a picture is in the way of reading any more."""
    return not re.search(r"\*\*LO-|\*\*In words\.", prose(notebook))


def text(notebook: NotebookNode) -> Iterator[str]:
    """One idea in a text cell, no codes in what is read."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        if (count := reading.words(cell.source)) > LONGEST_TEXT:
            yield f"cell {index}: {count} words, allowed {LONGEST_TEXT}"
        for code in CODES.findall(re.sub(r"\]\([^)]*\)", "", cell.source)):
            yield f"cell {index}: the code {code!r} is no word for a reader; it belongs into the metadata"


def is_drawn(notebook: NotebookNode) -> Iterator[str]:
    """At least one drawing."""
    if not any("image/svg+xml" in output.get("data", {}) for _, output in outputs(notebook)):
        yield "no drawing (albert_lab.viz.diagrams)"


def minutes(notebook: NotebookNode) -> Iterator[str]:
    """The card says how long reading takes, as counted, and the main path is short enough."""
    main, _ = reading.paths(notebook)
    if main.minutes > LONGEST_MAIN_PATH:
        yield f"the main path takes {main.minutes:.0f} minutes, allowed {LONGEST_MAIN_PATH}"
    if reading.card_line(notebook) not in notebook.cells[0].source:
        yield f"the card does not say {reading.card_line(notebook)!r} (python -m tools.reading --write)"


def main_path(notebook: NotebookNode) -> Iterator[str]:
    """Who skips the optional parts meets no name that only these define."""
    known, apart = set(), set()
    for cell in code_cells(notebook):
        source = re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)
        names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
        bound = {node.id for node in names if not isinstance(node.ctx, ast.Load)} | names_bound(source)
        if "optional" in tags(cell):
            apart |= bound
            continue
        known |= bound
        for name in sorted({node.id for node in names} & apart - known):
            yield f"code cell {cell.execution_count}: {name} is known only to who ran an optional part"


def names_bound(source: str) -> set[str]:
    """Functions, classes and modules that ``source`` gives a name, and arguments of its functions."""
    bound = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.alias):
            bound.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
    return bound


def optional_parts(notebook: NotebookNode) -> Iterator[str]:
    """An optional part begins with a folded heading 'Optional: ...' and ends before a heading as high."""
    level = 0
    for index, cell in enumerate(notebook.cells):
        heading = re.match(r"(#+) ", cell.source) if cell.cell_type == "markdown" else None
        if "optional" not in tags(cell):
            if level and not (heading and len(heading[1]) <= level) and "facts" not in tags(cell):
                yield f"cell {index}: folded away with the optional part before it; begin it with a heading"
            level = 0
        elif not level or (heading and len(heading[1]) <= level):
            level = len(heading[1]) if heading else 0
            if not heading or not re.match(r"#+ Optional: ", cell.source):
                yield f"cell {index}: an optional part begins without a heading '### Optional: ...'"
            elif not cell.metadata.get("jp-MarkdownHeadingCollapsed"):
                yield f"cell {index}: the optional part is not folded (jp-MarkdownHeadingCollapsed)"


def shape(notebook: NotebookNode) -> Iterator[str]:
    """Card first, recap near the end, a cell of asserted facts last, cells run in order."""
    first, code = notebook.cells[0], code_cells(notebook)
    if first.cell_type != "markdown" or not first.source.startswith("# ") or not stated_seconds(notebook):
        yield "cell 0 is no card: a title and a table with a line '| Running | at most N seconds ...'"
    elif stated_seconds(notebook) > 120:
        yield f"the card allows {stated_seconds(notebook)} seconds; a chapter may take 120"
    if not any(cell.source.startswith("## Recap") for cell in notebook.cells[-12:]):
        yield "no '## Recap' among the last twelve cells"
    if "facts" not in tags(code[-1]) or "lab.facts(" not in code[-1].source:
        yield "the last code cell has not the tag 'facts', or does not call lab.facts()"
    for cell in code:
        if re.search(r"^\s*assert\b", cell.source, re.MULTILINE):
            yield f"code cell {cell.execution_count}: an assert would stop a learner; state it in lab.facts()"
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "the code cells were not run in order, each once"
    if not any(cell.outputs for cell in code):
        yield "there are no outputs"


def size(notebook: NotebookNode, path: Path) -> Iterator[str]:
    """Limits of the file, of its pictures and of its code."""
    if path.stat().st_size > LARGEST_FILE:
        yield f"the file has {path.stat().st_size:,} bytes, allowed {LARGEST_FILE:,}"
    for index, output in outputs(notebook):
        if len(output.get("data", {}).get("image/png", "")) * 3 / 4 > LARGEST_PICTURE:
            yield f"cell {index}: a picture of more than {LARGEST_PICTURE:,} bytes"
    seen = [cell for cell in code_cells(notebook) if not folded(cell)]
    lines = sum(bool(line.strip()) for cell in seen for line in cell.source.splitlines())
    if lines > MOST_CODE_LINES:
        yield f"{lines} lines of code, allowed {MOST_CODE_LINES}"
    varying = [cell for cell in notebook.cells if "varies" in tags(cell)]
    if len(varying) > MOST_VARYING:
        yield f"{len(varying)} cells are tagged 'varies', allowed {MOST_VARYING}"


def cells(notebook: NotebookNode) -> Iterator[str]:
    """Short cells, known tags, stated reasons, and outputs without traces of a machine."""
    for index, cell in enumerate(notebook.cells):
        unknown = [tag for tag in tags(cell) if not TAGS.fullmatch(tag)]
        if unknown:
            yield f"cell {index}: unknown tags {unknown}"
        own = cell.metadata.get("albert_lab", {})
        if "varies" in tags(cell) and not own.get("varies"):
            yield f"cell {index}: tagged 'varies' without a reason"
        if "tolerance" in own and not own["tolerance"].get("reason"):
            yield f"cell {index}: states a tolerance without a reason"
        if cell.cell_type != "code":
            continue
        if len(cell.source.splitlines()) > LONGEST_CELL and "facts" not in tags(cell):
            yield f"cell {index}: more than {LONGEST_CELL} lines"
    for index, output in outputs(notebook):
        if output.output_type == "error" or output.get("name") == "stderr":
            yield f"cell {index}: an error or text on stderr in its outputs"
        texts = [
            output.get("text", ""),
            *(v for k, v in output.get("data", {}).items() if k.startswith("text/")),
        ]
        for found in MACHINE.findall(" ".join(texts)):
            yield f"cell {index}: its output holds {found!r}"


def predictions(notebook: NotebookNode) -> Iterator[str]:
    """A guess is open (``guess = None``) and stands in the code cell before the folded one that answers.

    The question has a text cell of its own, and each wrong option is explained by whole sentences.
    """
    if rewritten(notebook):
        yield from questions(notebook)
    code, guesses = code_cells(notebook), 0
    for before, cell in itertools.pairwise([None, *code]):
        guesses += bool(re.search(r"^guess = ", cell.source, re.MULTILINE))
        if "lab.predict(" not in cell.source:
            continue
        if not folded(cell):
            yield f"code cell {cell.execution_count}: the answer to a guess is not folded (source_hidden)"
        if before is None or not re.search(r"^guess = None  # ", before.source, re.MULTILINE):
            yield f"code cell {cell.execution_count}: no open guess (guess = None  # ...) before it"
    if guesses != sum("lab.predict(" in cell.source for cell in code):
        yield "not every guess is answered by one lab.predict()"


def questions(notebook: NotebookNode) -> Iterator[str]:
    """Questions of guesses in cells of their own; explanations in sentences."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        if re.search(r"^guess = ", cell.source, re.MULTILINE):
            before = notebook.cells[index - 1].source if index else ""
            if not before.startswith("**Predict.**"):
                yield f"cell {index}: the text cell before a guess does not begin with '**Predict.**'"
        for node in ast.walk(ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE))):
            if isinstance(node, ast.keyword) and node.arg == "mistakes" and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    said = value.value if isinstance(value, ast.Constant) else None
                    if isinstance(said, str) and not re.match(r"[^a-z].*[.!?)]$", said.strip(), re.DOTALL):
                        yield f"cell {index}: {said!r} is no sentence"


def figures(notebook: NotebookNode) -> Iterator[str]:
    """After every picture a text for those who cannot see it."""
    with_picture = {index for index, output in outputs(notebook) if "image/png" in output.get("data", {})}
    for index in sorted(with_picture):
        following = notebook.cells[index + 1] if index + 1 < len(notebook.cells) else None
        said = IN_WORDS if rewritten(notebook) else "**In words.**"
        if following is None or following.cell_type != "markdown" or said not in following.source:
            yield f"cell {index}: a picture, and the next cell does not say '{said}'"


def drawings(notebook: NotebookNode) -> Iterator[str]:
    """A drawing (SVG) is small, loads nothing, and carries its sentence, for those who cannot see it."""
    for index, output in outputs(notebook):
        svg = output.get("data", {}).get("image/svg+xml")
        if svg is None:
            continue
        said = re.search(r"<desc>([^<]*)</desc>", svg)
        if said is None or len(said[1].split()) < 3 or not output.data.get("text/plain", "").strip():
            yield f"cell {index}: a drawing without a sentence (<desc>, text/plain) for those who cannot see"
        if len(svg.encode()) > LARGEST_DRAWING:
            yield f"cell {index}: a drawing of more than {LARGEST_DRAWING:,} bytes"
        if found := re.search(r"<script|<foreignObject|href=|url\(|@import|\bon\w+=", svg):
            yield f"cell {index}: a drawing that runs or loads something: {found[0]}"


def links(notebook: NotebookNode) -> Iterator[str]:
    """Links to files of ours lead somewhere; folded texts begin with a blank line, or stay unrendered."""
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for target in re.findall(r"\]\(([^)#\s]+)", cell.source):
            if not re.match(r"https?:|attachment:", target) and not (CHAPTERS / target).exists():
                yield f"cell {index}: the link to {target} leads nowhere"
        if re.search(r"</summary>(?!\n\n)", cell.source) or cell.source.count(
            "<details>"
        ) != cell.source.count("</details>"):
            yield f"cell {index}: <details> without its end, or without a blank line after the summary"


def objectives(notebook: NotebookNode) -> Iterator[str]:
    """Every objective has a question in 'Check yourself', and the other way round."""
    stated, asked = stated_objectives(notebook), asked_objectives(notebook)
    for objective in sorted(stated ^ asked):
        problem = "stated and never asked about" if objective in stated else "asked, not stated"
        yield f"{objective} is {problem}"


def stated_objectives(notebook: NotebookNode) -> set[str]:
    """The ids of the objectives: ``{"albert_lab": {"objectives": ["LO-10.1"]}}``, one for each bullet."""
    return in_metadata(notebook, "objectives") | set(re.findall(r"\*\*(LO-[\d.]+)\*\*", prose(notebook)))


def asked_objectives(notebook: NotebookNode) -> set[str]:
    """The ids of the objectives that questions ask about: ``{"albert_lab": {"asks": ["LO-10.1"]}}``."""
    in_text = re.findall(r"Check yourself \((LO-[\d.]+)\)", prose(notebook))
    return in_metadata(notebook, "asks") | set(in_text)


def in_metadata(notebook: NotebookNode, name: str) -> set[str]:
    return {each for cell in notebook.cells for each in cell.metadata.get("albert_lab", {}).get(name, [])}


def prose(notebook: NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def untaught_definitions(notebook: NotebookNode) -> list[str]:
    """Functions and classes that the notebook defines, apart from those it teaches."""
    return [
        name
        for cell in code_cells(notebook)
        for name in definitions(cell.source)
        if f"teaches:{name}" not in tags(cell)
    ]


def unchecked_lessons(notebook: NotebookNode) -> list[str]:
    """Functions tagged ``teaches:`` that their cell does not define, or that no other cell compares."""
    code = code_cells(notebook)
    wrong = []
    for cell in code:
        for name in (tag.partition(":")[2] for tag in tags(cell) if tag.startswith("teaches:")):
            compared = [
                other
                for other in code
                if other is not cell
                and "assert_close(" in other.source
                and re.search(rf"\b{name}\b", other.source)
            ]
            if name not in definitions(cell.source) or not compared:
                wrong.append(name)
    return wrong


def package_names(package: Path) -> set[str]:
    """Public functions and classes at the top level of any module of the package, solutions left out."""
    solutions = package / "classroom" / "questions"
    return {
        name
        for path in package.rglob("*.py")
        if path.parent != solutions
        for name in definitions(path.read_text(encoding="utf-8"))
        if not name.startswith("_")
    }


def definitions(source: str) -> list[str]:
    """Names of the functions and classes at the top level of ``source``."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return [node.name for node in ast.parse(source).body if isinstance(node, kinds)]


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def folded(cell: NotebookNode) -> bool:
    """Whether JupyterLab shows the cell's output only."""
    return bool(cell.metadata.get("jupyter", {}).get("source_hidden"))


def outputs(notebook: NotebookNode) -> Iterator[tuple[int, NotebookNode]]:
    for index, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            yield index, output


def tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])
