"""``albert-lab learn`` and ``albert-lab doctor``."""

from __future__ import annotations

from typing import Annotated

import typer

from albert_lab.cli.options import Json, print_json

FOLDER = "albert-lab-course"


def learn(
    folder: Annotated[
        str | None,  # a Path could not tell "" from the current folder
        typer.Argument(
            help=f"Where your copy goes. Without it: the repository's own chapters, else ./{FOLDER}.",
            show_default=False,
        ),
    ] = None,
    start: Annotated[bool, typer.Option(help="Open JupyterLab; with --no-start only copy.")] = True,
    browser: Annotated[
        bool | None,
        typer.Option(help="Open a browser. Without it: if there is a display and NO_BROWSER is not set."),
    ] = None,
) -> None:
    """Open the course in JupyterLab, in a folder of your own.

    Chapters and exercises are copied there. A file that you changed is never overwritten: if a newer
    albert-lab brings a newer text of it, that is put beside yours as NAME.new.ipynb.

    \b
    Examples:
      albert-lab learn ~/albert
      albert-lab learn ~/albert --no-browser
    """
    from albert_lab.learn import find_course, open_lab, place_course

    course = find_course()
    if folder is None and course.in_checkout:
        root = course.root
        typer.echo(f"Course folder: {root}")
    else:
        placed = place_course(FOLDER if folder is None else folder, course)
        root = placed.folder
        typer.echo("\n".join(placed.lines()))
    if start:
        raise typer.Exit(open_lab(root, browser=browser))


def doctor(json_output: Json = False) -> None:
    """Tell what is installed, what works offline, what to mend.

    Ends with status 1 if something that is needed is broken.

    \b
    Examples:
      albert-lab doctor
      albert-lab doctor --json
    """
    from albert_lab.doctor import as_data, as_text, broken, examine

    findings = examine()
    if json_output:
        print_json(as_data(findings))
    else:
        typer.echo(as_text(findings))
    raise typer.Exit(int(broken(findings)))
