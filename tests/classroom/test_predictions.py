from __future__ import annotations

import pytest

from albert_lab.classroom import predict
from albert_lab.errors import InputError

MISTAKES = {"b": "the mask is forgotten", "c": "the sum is divided by T"}


def ask(guess, **changes):
    return predict("p-1", guess, **({"answer": "a", "mistakes": MISTAKES, "value": (4, 6)} | changes))


def test_no_guess_never_stops_and_does_not_give_the_answer_away():
    outcome = ask(None)
    assert outcome.right is None
    assert "a, b or c" in str(outcome)
    assert "(4, 6)" not in str(outcome)
    shown, folded = outcome._repr_markdown_().split("<details>")
    assert "(4, 6)" not in shown
    assert "is true" not in shown
    assert "(4, 6)" in folded
    assert "the mask is forgotten" in folded


def test_right_and_wrong_guesses():
    assert ask("a").right is True
    assert "Right." in str(ask("a"))
    assert "(4, 6)" in str(ask("a"))
    wrong = ask("c")
    assert wrong.right is False
    assert "It is a." in str(wrong)
    assert "the sum is divided by T" in str(wrong)
    assert "the mask is forgotten" not in str(wrong)
    assert "✗" in wrong._repr_markdown_()


def test_case_and_spaces_and_numbers_do_not_matter():
    assert ask(" A ").right is True
    assert predict("p", 3, answer="3", mistakes={4: "one is added"}).right is True
    assert predict("p", False, answer=True, mistakes={False: "x"}).right is False


def test_markup_in_a_value_stays_text():
    text = ask("a", value="<script>x</script>")._repr_markdown_()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("guess", "changes", "says"),
    [
        ("d", {}, "no option 'd'"),
        ("", {}, "no option ''"),
        (None, {"mistakes": {}}, "cannot be asked"),
        (None, {"answer": "B"}, "cannot be asked"),
        (None, {"answer": ""}, "cannot be asked"),
        (None, {"mistakes": {"b": "one", " B": "two"}}, "cannot be asked"),
        (None, {"mistakes": {"b": "  "}}, "does not say which mistake"),
    ],
)
def test_a_question_that_cannot_be_asked(guess, changes, says):
    with pytest.raises(InputError, match=says):
        ask(guess, **changes)
