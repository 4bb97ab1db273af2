"""``albert-lab classroom …``: a course for a class, from the first list of students to the points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from albert_lab.cli.options import Json, print_json

Folder = Annotated[str, typer.Option("--course", help="The course's folder.")]
One = Annotated[
    str | None, typer.Argument(help="An assignment, or its number; without it: all.", show_default=False)
]
Assignment = Annotated[str, typer.Argument(help="An assignment, or its number.")]

app = typer.Typer(
    help="Run a course for a class, on nbgrader: release, collect, grade, give feedback, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def init(
    folder: Annotated[str, typer.Argument(help="The folder to make, or a course folder that is there.")],
    students: Annotated[
        str | None,
        typer.Option(help="CSV file with the class; may be given again later.", show_default=False),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(help="Folder with sources of assignments; without it: the repository's exercises."),
    ] = None,
    course_id: Annotated[str, typer.Option(help="nbgrader's name of the course.")] = "albert-lab",
    json_output: Json = False,
) -> None:
    """Make a course folder, or add students to one.

    The CSV file may have a header (student_id, first_name, last_name, email) or not (the same columns in
    this order). The checks' random inputs get a seed of the course's own.

    \b
    Examples:
      albert-lab classroom init spring --students class.csv
      albert-lab classroom init spring --students latecomers.csv
    """
    from albert_lab.classroom.course.folder import init as make

    made = make(folder, students=students, source=source, course_id=course_id)
    if json_output:
        known = {"folder": str(made.course.root), "assignments": made.assignments}
        print_json(known | {"students": made.students, "remarks": made.remarks})
        return
    for remark in made.remarks:
        typer.echo(remark)
    typer.echo(f"{made.course.root}: {len(made.assignments)} assignments, {made.students} students.")
    typer.echo(f"Next:  cd {made.course.root}  and  albert-lab classroom release")


@app.command()
def release(
    assignment: One = None,
    due: Annotated[
        str | None, typer.Option(help="When it is due, such as '2026-12-01 23:59'.", show_default=False)
    ] = None,
    course: Folder = ".",
    json_output: Json = False,
) -> None:
    """Make learners' notebooks: no solutions, no hidden tests.

    \b
    Examples:
      albert-lab classroom release 02 --due '2026-12-01 23:59'
      albert-lab classroom release
    """
    from albert_lab.classroom.course.folder import open_course
    from albert_lab.classroom.course.folder import release as make

    made = make(open_course(course), assignment, due=due)
    if json_output:
        print_json(made)
    else:
        typer.echo("\n".join(one["path"] for one in made))


@app.command()
def collect(
    assignment: Assignment,
    origin: Annotated[
        str | None,
        typer.Option(
            "--from", help="A folder, or a zip of Moodle, Canvas or a mail program.", show_default=False
        ),
    ] = None,
    exchange: Annotated[bool, typer.Option("--exchange", help="From nbgrader's exchange.")] = False,
    course: Folder = ".",
    json_output: Json = False,
) -> None:
    """Take in what was handed in, and list each file.

    \b
    Examples:
      albert-lab classroom collect 02 --from ~/Downloads/submissions.zip
      albert-lab classroom collect 02 --exchange
    """
    from albert_lab.classroom.course.collect import as_data, collect, from_exchange
    from albert_lab.classroom.course.folder import open_course
    from albert_lab.errors import InputError

    if (origin is None) == (not exchange):
        raise InputError("say where from.", expected="either --from FOLDER_OR_ZIP or --exchange")
    opened = open_course(course)
    done = from_exchange(opened, assignment) if exchange else collect(opened, assignment, str(origin))
    if json_output:
        print_json(as_data(done))
        return
    for line in done.lines:
        notes = "; ".join(line.notes)
        typer.echo(f"{line.done:8}  {line.student or '-':16}  {line.path}{f'  ({notes})' if notes else ''}")
    taken = len({line.student for line in done.lines if line.done == "taken"})
    typer.echo(f"{done.assignment}: taken from {taken}; {len(done.missing)} have handed in nothing.")
    if done.missing:
        typer.echo(f"Nothing from: {', '.join(done.missing)}")


@app.command()
def grade(
    assignment: One = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Submissions at once; without it: processors + 1.", show_default=False),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also what is graded already.")] = False,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student; may be repeated.", show_default=False)
    ] = None,
    sandbox: Annotated[
        str | None,
        typer.Option(help="namespaces or landlock; without it: the best that works.", show_default=False),
    ] = None,
    no_sandbox: Annotated[
        bool,
        typer.Option("--no-sandbox", help="Run learners' code without walls: only if you trust all of it."),
    ] = False,
    course: Folder = ".",
    json_output: Json = False,
) -> None:
    """Grade what was handed in, behind walls, several at once.

    Goes on where an earlier run was stopped. Learners' code has no network, no files but Python's, and
    limited memory and time. Ends with the points, each question's commonest mistakes, and the submissions
    that a person should look at. Exit status 1 if a submission could not be graded.

    \b
    Examples:
      albert-lab classroom grade 02
      albert-lab classroom grade --jobs 8 --json
    """
    from albert_lab.classroom.course.folder import open_course
    from albert_lab.classroom.course.report import as_text, report
    from albert_lab.classroom.course.run import grade as run_all
    from albert_lab.classroom.course.run import submitted

    opened = open_course(course)
    names = [name for name in opened.chosen(assignment) if assignment is not None or submitted(opened, name)]
    level = "none" if no_sandbox else sandbox
    found, failed = [], 0
    for name in names:
        with _bar(name, quiet=json_output) as tell:
            run = run_all(
                opened, name, jobs=jobs, level=level, again=again, students=student or None, tell=tell
            )
        failed += sum(one.done == "failed" for one in run.submissions)
        found.append(
            {**report(opened, name, run), "sandbox": run.sandbox, "run": [vars(s) for s in run.submissions]}
        )
        if not json_output:
            typer.echo(as_text(found[-1]))
    if json_output:
        print_json(found)
    raise typer.Exit(int(failed > 0))


class _bar:  # noqa: N801  (a context manager)
    """Done, left, failed, and the time to go; one line each ten submissions where nobody watches."""

    def __init__(self, name: str, *, quiet: bool) -> None:
        self.name, self.quiet, self.bar = name, quiet, None

    def __enter__(self) -> Any:
        return self.tell

    def tell(self, run: Any, total: int, level: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        if level:
            words = {"none": "WITHOUT a sandbox: learners' code can do whatever you can"}
            typer.echo(f"{self.name}: sandbox: {words.get(level, level)}.", err=True)
        console = Console(stderr=True)
        done, failed = len(run.submissions), sum(one.done == "failed" for one in run.submissions)
        if not console.is_terminal:
            if not level and (done % 10 == 0 or done == total):
                typer.echo(f"{self.name}: {done} of {total} done, {failed} failed", err=True)
            return
        if self.bar is None:
            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
            )
            self.bar = Progress(*columns, console=console)
            self.task = self.bar.add_task(self.name, total=total)
            self.bar.start()
        self.bar.update(
            self.task, completed=done, description=f"{self.name} · {total - done} left · {failed} failed"
        )

    def __exit__(self, *_: Any) -> None:
        if self.bar is not None:
            self.bar.stop()


@app.command()
def feedback(
    assignment: One = None,
    course: Folder = ".",
    json_output: Json = False,
) -> None:
    """Write a feedback page for each graded submission.

    It holds the check's words, no hidden test, and nothing that runs.

    \b
    Examples:
      albert-lab classroom feedback 02
    """
    from albert_lab.classroom.course.folder import open_course
    from albert_lab.classroom.course.pages import write_pages

    made = write_pages(open_course(course), assignment)
    if json_output:
        print_json(made)
    else:
        typer.echo("\n".join(one["path"] for one in made) or "nothing is graded yet")


@app.command()
def export(
    assignment: One = None,
    to: Annotated[str, typer.Option("--format", help="plain, canvas or moodle.")] = "plain",
    out: Annotated[
        str | None, typer.Option(help="A CSV file; without it: printed.", show_default=False)
    ] = None,
    course: Folder = ".",
) -> None:
    """Give the points as CSV, as Canvas or Moodle imports them.

    \b
    Examples:
      albert-lab classroom export --format canvas --out points.csv
    """
    from albert_lab.classroom.course.export import export as text_of
    from albert_lab.classroom.course.export import write
    from albert_lab.classroom.course.folder import open_course

    text = text_of(open_course(course), assignment, to)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(text, Path(out))
        typer.echo(out)


@app.command()
def status(assignment: One = None, course: Folder = ".", json_output: Json = False) -> None:
    """Say of each assignment how far it is.

    \b
    Examples:
      albert-lab classroom status
      albert-lab classroom status 02 --json
    """
    from albert_lab.classroom.course.folder import open_course
    from albert_lab.classroom.course.report import status as state

    found = state(open_course(course), assignment)
    if json_output:
        print_json(found)
        return
    typer.echo(f"{'assignment':32}{'released':>9}{'handed in':>12}{'graded':>8}{'feedback':>10}")
    for one in found:
        handed = f"{one['submitted']}/{one['students']}"
        released = "yes" if one["released"] else "no"
        typer.echo(f"{one['assignment']:32}{released:>9}{handed:>12}{one['graded']:>8}{one['feedback']:>10}")
