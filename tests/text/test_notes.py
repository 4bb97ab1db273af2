"""A folder of notes as a corpus."""

from __future__ import annotations

import os
import re
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from albert_lab.errors import CorpusError
from albert_lab.text.markdown import Section, sections
from albert_lab.text.notes import read_notes

BREAD = """Flour, water, salt.

# Bread
Knead the *dough* for `ten` minutes. Let it rest.

```
# not a heading
oven.heat(230)
```

## Rye
Use a sourdough.

## Rye
Use more of it.

## Nothing
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "kitchen").mkdir()
    (tmp_path / "kitchen/bread.md").write_text(BREAD, encoding="utf-8")
    (tmp_path / "ideas.txt").write_text("\ufeffPaint the door. # Then rest.\n\nBlue.", encoding="utf-8")
    (tmp_path / ".hidden.md").write_text("secret")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    return tmp_path


def test_each_section_of_markdown_and_each_text_is_a_document(folder):
    notes = {note.name: note for note in read_notes(folder)}
    assert list(notes) == [
        "ideas.txt",
        "kitchen/bread.md",
        "kitchen/bread.md: Bread",
        "kitchen/bread.md: Rye",
        "kitchen/bread.md: Rye (2)",
        "kitchen/bread.md: Nothing",
    ]
    assert notes["kitchen/bread.md: Nothing"].paragraphs == ("Nothing",)
    bread = notes["kitchen/bread.md: Bread"]
    assert bread.summary == "Knead the dough for ten minutes."
    assert "# not a heading oven.heat(230)" in bread.paragraphs
    assert notes["ideas.txt"].paragraphs == ("Paint the door. # Then rest.", "Blue.")
    assert {note.package for note in notes.values()} == {folder.name}
    assert {note.kind for note in notes.values()} == {"note"}


def test_what_holds_no_notes_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="is no folder"):
        read_notes(tmp_path / "none")
    with pytest.raises(CorpusError, match="no text in"):
        read_notes(tmp_path)
    (tmp_path / "old.md").write_bytes("Käse".encode("latin-1"))
    with pytest.raises(CorpusError, match=r"old\.md is no UTF-8 text"):
        read_notes(tmp_path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Call ```brew``` now.\n\n# Reset\nForgot it.", [("", "Call brew now."), ("Reset", "Forgot it.")]),
        ("```make coffee```\n# Reset\nNow.", [("", "make coffee"), ("Reset", "Now.")]),
        ("# A\n````\n```\n# no\n```\n````\n# B\nb", [("A", "``` # no ```"), ("B", "b")]),
        ("# A\n~~~\n```\n# no\n~~~\n# B\nb", [("A", "``` # no"), ("B", "b")]),
        ("    # code, no heading\n\nText.", [("", "# code, no heading", "Text.")]),
        (
            "Train times\n===========\nAt six.\n\nTickets\n---\nTwo.",
            [("Train times", "At six."), ("Tickets", "Two.")],
        ),
        ("Two lines\nof text\n---\nAnd more.", [("", "Two lines of text", "And more.")]),
        ("---\ntitle: Trip\ntags: [a]\n---\n# Go\nNow.", [("", "title: Trip", "tags: [a]"), ("Go", "Now.")]),
        ("<https://vpn.example.org>", [("", "https://vpn.example.org")]),
        ("https://a.example/x_y_z?b=1&amp;c#d", [("", "https://a.example/x_y_z?b=1&amp;c#d")]),
        ("[the portal](https://p.example/a%20b)", [("", "the portal (https://p.example/a%20b)")]),
        ("See [portal][1].\n\n[1]: https://p.example", [("", "See [portal][1].", "[1]: https://p.example")]),
        ("![a map](map.png) here", [("", "a map (map.png) here")]),
        (r"C:\data\lab\_raw and \\srv\share", [("", r"C:\data\lab\_raw and \\srv\share")]),
        (
            "$PUMP_HOME/$USER and {{ name }} and {% if %}",
            [("", "$PUMP_HOME/$USER and {{ name }} and {% if %}")],
        ),
        ("2*3*4 and __init__ and *args, **kwargs", [("", "2*3*4 and __init__ and *args, **kwargs")]),
        ("*really* **very *much* so**", [("", "really very much so")]),
        ("ssh <user>@host <!-- secret -->", [("", "ssh <user>@host <!-- secret -->")]),
        ("<details>\nInside.\n</details>", [("", "<details> Inside. </details>")]),
        ("2024. A year.\n2025. Another.", [("", "2024. A year.", "2025. Another.")]),
        ("- [ ] milk\n- bread\n  > butter", [("", "[ ] milk", "bread", "butter")]),
        ("|a|b|\n|-|-|\n|1|2|", [("", "a | b", "1 | 2")]),
        ("|a|b|\n|-|-|\n|1|2|3|`x|y`|\n|4|", [("", "a | b", "1 | 2 | 3 | `x | y`", "4")]),
        ("> a | b\n> -|-\n> 1 | 2 | three \\| 3", [("", "a | b", "1 | 2 | three \\| 3")]),
        (
            '[a](https://b.example "The title") ![c](d.png (A picture))',
            [
                ("", 'a (https://b.example "The title") c (d.png "A picture")'),
            ],
        ),
        ("```sh title=setup.sh\nrun\n```\n```py\nx\n```", [("", "sh title=setup.sh", "run", "x")]),
        ("# Cellar\n``` Mind the boiler", [("Cellar", "Mind the boiler")]),
        ("> " * 60 + "deep\n\n# Next\nText.", [("", "deep"), ("Next", "Text.")]),
        ("- " * 45 + "deep\n\n# Next\nText.", [("", "deep"), ("Next", "Text.")]),
        (
            "# A\na\n\n" + "> " * 300 + "deep\n\n# Next\nText.",
            [
                ("", "# A a", "> " * 300 + "deep", "# Next Text."),
            ],
        ),
        ("# One #\r\nText.\r\n", [("One", "Text.")]),
        ("Käse&nbsp;und &copy; H\u2082O", [("", "Käse&nbsp;und &copy; H\u2082O")]),
    ],
)
def test_markdown_keeps_the_words_as_they_are(text, expected):
    found = [section for section in sections(text) if section.paragraphs]
    assert found == [Section(heading, tuple(rest)) for heading, *rest in expected]


def test_every_section_has_a_name_of_its_own(tmp_path):
    (tmp_path / "a.md").write_text("# X\n1\n# X\n2\n# X (2)\n3\n# X\n4\n# X (2)\n5")
    names = [note.name for note in read_notes(tmp_path)]
    assert len(set(names)) == len(names) == 5
    assert names[:2] == ["a.md: X", "a.md: X (2)"]


SIGNS = [
    "# ",
    "- ",
    "1. ",
    "> ",
    "```",
    "~~~",
    "    ",
    "\t",
    "|",
    "|-|-|",
    "---",
    "===",
    "***",
    "[",
    "](",
    ")",
    "![",
]
SIGNS += [
    "<",
    ">",
    "<!--",
    "-->",
    "`",
    "*",
    "**",
    "_",
    "__",
    "\\",
    "&amp;",
    "$",
    "{{",
    "}}",
    "[^1]: ",
    "[a]: ",
]
SIGNS += [
    "http://",
    "C:\\",
    "\n",
    "\n\n",
    "\n    ",
    "  \n",
    " ",
    "- [ ] ",
    "~~",
    "<div>",
    '"',
    "'",
    "\r",
    "\\|",
    "\x0c",
]


@settings(max_examples=int(os.environ.get("ALBERT_LAB_EXAMPLES", "50")), deadline=None)
@given(st.lists(st.one_of(st.integers(0, 99).map("w{}x".format), st.sampled_from(SIGNS)), max_size=25))
def test_no_markdown_loses_a_word_or_says_it_twice(pieces):
    """Words that no sign of Markdown could be, in any company. A fence's own word names its language."""
    text = "".join(pieces)
    assume(not re.search(r"(```|~~~)[ \t]*\S+[ \t]*(\r|\n|\f|$)", text))
    found = " ".join(" ".join([section.heading, *section.paragraphs]) for section in sections(text))
    assert Counter(re.findall(r"w\d+x", found)) == Counter(re.findall(r"w\d+x", text))


def test_as_many_headings_as_a_diary_has(tmp_path):
    """The names that numbers would give are headings themselves, more of them than calls may be nested."""
    (tmp_path / "a.md").write_text("".join(f"# X ({i})\ny\n" for i in range(2, 1502)) + "# X\n1\n# X\n2\n")
    names = [note.name for note in read_notes(tmp_path)]
    assert names[-2:] == ["a.md: X", "a.md: X (1502)"]
    assert len(set(names)) == 1502


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\r"])
def test_an_odd_end_of_a_line_joins_no_words(sign, tmp_path):
    (tmp_path / "a.md").write_text(f"one{sign}two")
    (tmp_path / "b.txt").write_text(f"one{sign}two")
    assert [" ".join(note.paragraphs) for note in read_notes(tmp_path)] == ["one two"] * 2


@pytest.mark.parametrize(
    "unit", ["ab:", "**opt1, ", "<!-- ", "{{ ", "[", "[a](", "`", "``a` ", "> ", "_a ", "* ", "|a", "<a "]
)
def test_long_paragraphs_take_steps_in_proportion_to_their_length(unit):
    """Counted in calls, not in seconds: four times the text takes at most six times the work."""
    import cProfile
    import pstats

    def work(length):
        profile = cProfile.Profile()
        profile.runcall(sections, unit * (length // len(unit)))
        return pstats.Stats(profile).total_calls

    assert work(16_000) < 6 * work(4_000) + 1000


def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "a.md").write_text("fine")
    (tmp_path / "b.md").write_text("secret")
    read = type(tmp_path).read_text

    def refuse(path, **options):
        if path.name == "b.md":
            raise PermissionError(13, "Permission denied")
        return read(path, **options)

    monkeypatch.setattr(type(tmp_path), "read_text", refuse)
    with pytest.raises(CorpusError, match=r"b\.md cannot be read: Permission denied"):
        read_notes(tmp_path)


def test_utf16_without_a_mark_is_told(tmp_path):
    (tmp_path / "a.md").write_bytes("Turn the key.".encode("utf-16-le"))
    with pytest.raises(CorpusError, match="looks like UTF-16"):
        read_notes(tmp_path)


def test_a_file_name_that_is_no_utf8_can_be_shown(tmp_path):
    with open(os.path.join(os.fsencode(tmp_path), b"caf\xe9.md"), "w") as file:  # noqa: PTH118, PTH123
        file.write("Pumpkin soup.")
    (note,) = read_notes(tmp_path)
    assert note.name == "caf\ufffd.md"
    note.name.encode()
