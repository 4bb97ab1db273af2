"""Signatures that stand at the head of a text."""

from __future__ import annotations

import pytest

from albert_lab.text.signatures import split_signature


@pytest.mark.parametrize(
    ("text", "signature", "rest"),
    [
        ("sleep(seconds)\n\nDelay it.", "sleep(seconds)", "Delay it."),
        ("S.find(sub[, start]) -> int\n\nReturn it.", "S.find(sub[, start]) -> int", "Return it."),
        ("D.update(E) -> None.  Update D.", "D.update(E) -> None", "Update D."),
        (
            "max(a, *[, key]) -> value\nmax(b, *c) -> value\n\nThe biggest.",
            "max(a, *[, key]) -> value",
            "The biggest.",
        ),
        ("add(x,\n    y,\n    /)\n\nAdd them.", "add(x, y, /)", "Add them."),
        ("Add them (all of them).", "", "Add them (all of them)."),
        ("open(the door) and go in", "", "open(the door) and go in"),
        ("never(closed", "", "never(closed"),
        ("", "", ""),
    ],
)
def test_signature_and_rest(text, signature, rest):
    assert split_signature(text) == (signature, rest)
