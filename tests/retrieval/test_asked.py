from __future__ import annotations

import pytest

from albert_lab.retrieval.asked import Names, called, telling


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("how to sort a list in python", "how to sort a list"),
        ("Python: how to sort a list?", "how to sort a list"),
        ("sort a list using Python 3.11 - fast", "sort a list - fast"),
        ("python3 sort", "sort"),
        ("pythonic way to sort", "pythonic way to sort"),
        ("numpy sort", "numpy sort"),
        ("python", "python"),
        ("how to use python?", "how to use"),
        ("what is python", "what is python"),
        ("python3.12 sort", "sort"),
    ],
)
def test_the_language_carries_nothing(question, left):
    assert telling(question, ["python", "stdlib"]) == left


def test_the_name_of_the_only_package_carries_nothing():
    assert telling("sort rows of a numpy array with numpy", ["python", "numpy"]) == "sort rows of a array"
    assert telling("numpy.sort", ["numpy"]) == "numpy.sort", "as a part of a name it does"
    assert telling("in python", []) == "in python"


def test_what_an_object_may_be_called():
    assert called("os.path.join") == ["ospathjoin", "pathjoin", "join"]
    assert called("unittest.TestCase.assertIsNone")[-1] == "assertisnone"
    assert called("trip.md: Getting there") == ["gettingthere"]


def test_how_much_of_a_question_is_a_name():
    names = Names(["shutil.copytree", "copy.copy", "os.path.join", "str.join", "with_join"])
    rarity = {"copytre": 8.0, "copi": 2.0, "copy": 2.0, "tre": 3.0, "join": 3.0, "path": 2.0, "fold": 5.0}.get

    def shares(question, silent=()):
        return names.shares(question, lambda term: rarity(term) or 0.0, silent).tolist()

    assert shares("copytree")[0] == shares("copyTree")[0] == shares("copy_tree")[0] == 1
    assert shares("copy tree") == pytest.approx([1, 2 / 5, 0, 0, 0])
    assert shares("os.path.join")[2] == 1
    assert shares("join a path") == pytest.approx([0, 0, 3 / 5.3, 3 / 5.3, 0])
    assert shares("copy a folder") == pytest.approx([0, 2 / 7.3, 0, 0, 0])
    assert shares("with join") == pytest.approx([0, 0, 3 / 3.3, 3 / 3.3, 1])
    assert shares("nothing of this") == [0, 0, 0, 0, 0]
    assert shares("join in folders", ["folders"])[3] == pytest.approx(3 / 3.6)
