"""Build the course as a site: ``python -m tools.site [OUT] [--library] [--repository OWNER/NAME]``.

The sources are laid out in ``.build/site``: ``docs/``, the chapters and the exercises to read, and a page
for each part of the package. Outputs are those that are committed, but for the views of attention: the
code up to them runs once, so that they can be played with. Sphinx makes of all this pages that ask nobody
for anything. ``--library`` puts the vectors of the standard library into the explorer; they are made on
this machine the first time. With a repository, each notebook links to Binder and Colab. ``--print NN``
makes a PDF of a finished page.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / ".build" / "site"
PARTS = {
    "model": "the network, from attention to heads; checkpoints",
    "text": "corpus, notes, tokenizer",
    "vectors": "texts to vectors, and how good they are",
    "retrieval": "documents for a question",
    "analysis": "what the network holds and does",
    "viz": "pictures",
    "pretrain": "pretraining",
    "tune": "sentence vectors from pairs",
    "downstream": "tasks with a head",
}


def lay_out(folder: Path, repository: str = "") -> None:
    """Write all that Sphinx reads into ``folder``, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "docs", folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in notebooks():
        place = path.relative_to(ROOT)
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        notebook = alive(nbformat.read(path, as_version=4), path.parent)
        nbformat.write(to_read(notebook, place, repository), target)
    (folder / "readme.md").write_text(readme(), encoding="utf-8")
    reference = folder / "reference"
    reference.mkdir()
    for part, says in PARTS.items():
        members = f"```{{eval-rst}}\n.. automodule:: albert_lab.{part}\n```"
        text = f"# albert_lab.{part}\n\n{says.capitalize()}.\n\n{members}\n"
        (reference / f"{part}.md").write_text(text, encoding="utf-8")


def notebooks() -> Iterator[Path]:
    """The chapters, and the exercises as a learner gets them."""
    yield from sorted((ROOT / "chapters").glob("*.ipynb"))
    yield from sorted((ROOT / "exercises" / "release").glob("*/*.ipynb"))


def is_view(output: nbformat.NotebookNode) -> bool:
    """Whether ``output`` is the picture that a committed notebook keeps of a view of attention."""
    said = output.get("metadata", {}).get("image/png", {}).get("alt", "")
    return bool(re.match("(Head|Model|Neuron) view of the attention ", said))


def alive(notebook: nbformat.NotebookNode, folder: Path) -> nbformat.NotebookNode:
    """The notebook with its views to play with, not their pictures: its code runs up to the last of them.

    Raises:
        tests.notebooks.run.NotebookFailedError: a cell failed.
    """
    shown = [i for i, cell in enumerate(notebook.cells) if any(map(is_view, cell.get("outputs", [])))]
    if not shown:
        return notebook
    from tests.notebooks.run import NotebookFailedError, failure, run

    part = nbformat.from_dict({**notebook, "cells": notebook.cells[: shown[-1] + 1]})
    done, message = run(part, folder, {})
    if message:
        raise NotebookFailedError(failure(done, message))
    for place in shown:
        for kept, fresh in zip(notebook.cells[place].outputs, done.cells[place].outputs, strict=True):
            if is_view(kept):
                kept.data["text/html"] = fresh.data["text/html"]
    return notebook


def to_read(notebook: nbformat.NotebookNode, place: Path, repository: str) -> nbformat.NotebookNode:
    """The notebook as a page: what JupyterLab folds is folded, and links below the title give it."""
    for cell in notebook.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            cell.metadata["tags"] = [*cell.metadata.get("tags", []), "hide-input"]
    up = "../" * (len(place.parts) - 1)
    links = [f'<a href="{up}notebooks/{place.as_posix()}" download>Download this notebook</a>']
    if repository:
        binder = f"https://mybinder.org/v2/gh/{repository}/HEAD?labpath={place.as_posix()}"
        colab = f"https://colab.research.google.com/github/{repository}/blob/HEAD/{place.as_posix()}"
        links += [f'<a href="{binder}">Open in Binder</a>', f'<a href="{colab}">Open in Colab</a>']
    first = notebook.cells[0]
    title, _, rest = first.source.partition("\n")
    if place.parts[0] == "chapters":
        title = f"# {place.stem.partition('_')[0]} · {title.removeprefix('# ')}"
    first.source = f'{title}\n\n<p class="get">{" ".join(links)}</p>\n{rest}'
    return notebook


def readme() -> str:
    """The README, with its links as they are from here; what is not part of the site is named, not linked."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").replace("](docs/", "](")

    def link(match: re.Match[str]) -> str:
        words, target = match[1], match[2]
        known = (
            target.startswith(("http", "#", "chapters/")) or (ROOT / "docs" / target.split("#")[0]).is_file()
        )
        return match[0] if known else words

    return re.sub(r"(?<!!)\[([^\]]*)\]\(([^)]+)\)", link, text)


def build(out: Path, *, repository: str = "", library: bool = False, sources: Path = SOURCES) -> None:
    """Make the site in ``out``.

    Raises:
        subprocess.CalledProcessError: Sphinx failed, or the explorer could not be written.
    """
    lay_out(sources, repository)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-m", "sphinx", "--quiet", "-b", "html", "-d", str(sources) + ".trees"]
    subprocess.run([*command, str(sources), str(out)], check=True, env=environment)
    for path in notebooks():
        target = out / "notebooks" / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    explore = [
        sys.executable,
        "-m",
        "albert_lab",
        "explore",
        "--overwrite",
        "--out",
        str(out / "explorer.html"),
    ]
    explore += ["--chapters", "chapters/{name}.html", *([] if library else ["--no-library"])]
    subprocess.run(explore, check=True, env=environment, stdout=subprocess.DEVNULL)


def print_chapter(number: str, site: Path) -> Path:
    """Print a chapter of ``site`` into ``site/print``."""
    from playwright.sync_api import sync_playwright

    from tests.browser.find import launch
    from tests.notebooks.normal import named

    (path,) = named([number])
    out = site / "print" / f"{path.stem}.pdf"
    out.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        print_page(browser, site / "chapters" / f"{path.stem}.html", out)
        browser.close()
    return out


def print_page(browser: Browser, page: Path, out: Path) -> None:
    """Print one page as a PDF in A4, with all that folds unfolded and all formulas set."""
    opened = browser.new_page()
    opened.goto(page.as_uri())
    opened.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    opened.evaluate("window.MathJax?.startup?.promise")
    opened.pdf(path=out, format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "15mm"))
    opened.close()


def main() -> None:
    """Build, or print."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__.splitlines()[0])
    parser.add_argument("out", nargs="?", type=Path, default=ROOT / "site")
    parser.add_argument("--library", action="store_true", help="what is near, in the explorer")
    parser.add_argument(
        "--repository", default="", help="OWNER/NAME on GitHub, for the links to Binder and Colab"
    )
    parser.add_argument("--print", metavar="NN", default="", help="the chapter to print, such as 01")
    asked = parser.parse_args()
    if asked.print:
        print(print_chapter(asked.print, asked.out))
        return
    build(asked.out, repository=asked.repository, library=asked.library)
    print(f"{asked.out / 'index.html'}")


if __name__ == "__main__":
    main()
