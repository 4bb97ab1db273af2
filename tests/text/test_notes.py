"""A folder of notes as a corpus."""

from __future__ import annotations

import pytest

from albert_lab.errors import CorpusError
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
    ]
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
