"""The comparison must find planted differences, and must not find any where there is none that matters."""

from __future__ import annotations

import base64
import copy
import io

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from tests.notebooks.compare import Tolerance, compare, compare_outputs, last_digit


def png(shift=0, size=(200, 100), dots=40):
    pixels = np.full((size[1], size[0], 3), 255, dtype=np.uint8)
    pixels[20 + shift : 20 + shift + dots, 30 : 30 + dots] = (0, 60, 120)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return base64.b64encode(file.getvalue()).decode()


def notebook(text="cosine 0.9123 for 12 tokens\n", picture=None, **metadata):
    outputs = [new_output("stream", name="stdout", text=text)]
    if picture:
        outputs.append(new_output("display_data", data={"image/png": picture, "text/plain": "<Figure>"}))
    cell = new_code_cell("run()", outputs=outputs, metadata=metadata)
    return new_notebook(cells=[new_markdown_cell("# Title"), cell])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cosine 0.9123", "cosine 0.9124"),
        ("cosine 0.91", "cosine 0.92"),  # one unit in the last printed digit
        ("loss 2.3456e-06", "loss 2.3461e-06"),
        ("x    0.5000", "x   -0.0000".replace("-0.0000", "0.50001")),
        ("[ 0.0000, 1.5]", "[-0.0000, 1.5]"),
        ("1,234.5678", "1,234.9"),
        ("tensor([4., 6.])", "tensor([4., 6.])"),
        ("up to 1.8e+308", "up to 1.8e+308"),  # rounded, more than a float holds
    ],
)
def test_small_differences_are_none(old, new):
    assert compare(notebook(old), notebook(new)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cosine 0.9123", "cosine 0.9323"),
        ("cosine 0.9123", "cosine -0.9123"),
        ("12 tokens", "13 tokens"),
        ("11,683,584 parameters", "11,683,585 parameters"),
        ("tensor([4., 6.])", "tensor([4., 7.])"),
        ("1e-7", "1e-3"),
        ("nearest: copytree", "nearest: copyfile"),
        ("a\nb", "a"),
        ("a", "a\nb"),
        ("value nan", "value 0.5"),
        ("(B, T, H) = (2, 3, 4)", "(B, T, H) = (2, 3, 5)"),
        ("layer 3: 0.5000", "layer 4: 0.5000"),
        ("0.5", "0.5 0.5"),
    ],
)
def test_planted_differences_in_text_are_found(old, new):
    differences = compare(notebook(old), notebook(new))
    assert differences
    assert differences[0].startswith("cell 1, output 0")


def test_every_kind_of_text_is_compared():
    for kind in ("text/plain", "text/markdown", "text/html"):
        old, new = notebook(), notebook()
        for one, text in ((old, "it is 4.25"), (new, "it is 6.25")):
            one.cells[1].outputs = [new_output("execute_result", data={kind: text})]
        assert compare(old, new)


def test_a_missing_or_new_output_is_found():
    assert "now" in compare(notebook(picture=png()), notebook())[0]
    assert compare(notebook(), notebook(picture=png()))
    red = notebook()
    red.cells[1].outputs[0].name = "stderr"
    assert compare(notebook(), red)


def test_other_cells_are_found():
    other = notebook()
    other.cells[0].source = "# Another title"
    assert compare(notebook(), other) == ["the two notebooks do not have the same cells"]


def test_pictures():
    assert compare(notebook(picture=png()), notebook(picture=png())) == []
    assert compare(notebook(picture=png()), notebook(picture=png(size=(202, 100)))) == []
    assert "pixels" in compare(notebook(picture=png()), notebook(picture=png(size=(300, 100))))[0]
    assert "mean pixel" in compare(notebook(picture=png()), notebook(picture=png(shift=20)))[0]


def drawn(number="0.5000", x="10", word="score"):
    said = f"A {word} of {number}."
    text = f'<text x="{x}" y="5">{word} &lt; {number}</text>'
    text = f'<svg role="img" aria-label="{said}">\n<desc>{said}</desc>\n<rect x="{x}"/>{text}</svg>'
    cell = new_code_cell("draw()", outputs=[new_output("display_data", data={"image/svg+xml": text})])
    return new_notebook(cells=[cell])


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (drawn(), ""),
        (drawn(number="0.5001"), ""),
        (drawn(number="0.6000"), "committed 0.5000, now 0.6000"),
        (drawn(word="weight"), "text: committed"),
        (drawn(x="11"), "the shapes differ"),
        (drawn(x="10.0"), "the shapes differ"),
    ],
)
def test_a_drawing_is_compared_by_its_shapes_and_its_words(now, says):
    found = compare(drawn(), now)
    assert says in str(found) if says else found == []


def test_a_cell_states_another_tolerance():
    loose = {"albert_lab": {"tolerance": {"rtol": 0.1, "reason": "8-bit rounding depends on the processor"}}}
    assert compare(notebook("0.9123", **loose), notebook("0.8900", **loose)) == []
    assert compare(notebook("0.9123", **loose), notebook("0.5000", **loose))
    assert compare(notebook("7 found", **loose), notebook("8 found", **loose))


def test_outputs_that_vary_must_still_be_of_the_same_kinds():
    varies = {"tags": ["varies"], "albert_lab": {"varies": "the documentation of the installed Python"}}
    assert compare(notebook("5,612 objects", **varies), notebook("5,700 objects", **varies)) == []
    assert compare(notebook("5,612 objects", **varies), notebook("x", picture=png(), **varies))


def test_the_compared_notebooks_are_left_alone():
    old, new = notebook(picture=png()), notebook("0.5", picture=png(shift=20))
    before = copy.deepcopy([old, new])
    compare(old, new)
    assert [old, new] == before


@pytest.mark.parametrize(
    ("number", "unit"), [("3.14", 0.01), ("2.5e-6", 1e-7), ("17", 0), ("4.", 0), ("1e-7", 1e-7)]
)
def test_last_digit(number, unit):
    assert last_digit(number) == pytest.approx(unit)


def test_whole_numbers_have_no_tolerance():
    assert not Tolerance(rtol=1, atol=1).allows("3", "4")
    assert Tolerance().allows("1,024", "1024")


def pictured(y, title="Losses", **more):
    shows = [{"line": "loss", "size": [len(y)], "x": [*range(len(y))], "y": y}]
    axes = {"labels": [title, "", ""], "limits": [[0, 2], [0, 10]], "shows": shows} | more
    data = {"image/png": "iVBORw==", "text/plain": "x"}
    output = new_output("display_data", data=data, metadata={"image/png": {"drawn": [axes]}})
    return [output]


@pytest.mark.parametrize(
    ("now", "tolerance", "says"),
    [
        (pictured([1, 5, 3.05]), {}, ""),
        (pictured([1, 5, 3.2]), {}, "off by 2.0% of the axis"),
        (pictured([1, 5, 3.2]), {"picture": 0.03}, ""),
        (pictured([1, 5, None]), {}, "off by inf"),
        (pictured([1, 5]), {}, "now [[('line', [2])]]"),
        (pictured([1, 5, 3], title="Accuracies"), {}, "committed 'Losses'"),
        (pictured([1, 5, 3], limits=[[0, 2], [0, 11]]), {}, ""),
    ],
)
def test_a_picture_is_compared_by_what_it_says(now, tolerance, says):
    stated = {"albert_lab": {"tolerance": tolerance}}
    old, new = (new_code_cell("draw()", outputs=each, metadata=stated) for each in (pictured([1, 5, 3]), now))
    found = " ".join(compare_outputs(old, new))
    assert says in found
    assert bool(says) == bool(found)
