"""The interactive views without a browser: what a page carries, what is refused, that bytes do not change."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from albert_lab import viz
from albert_lab.errors import InputError, OutputError
from albert_lab.viz import views
from albert_lab.viz.labels import COLOURS

mpl.use("agg")
DRAW = {"head": viz.head_view, "model": viz.model_view, "neuron": viz.neuron_view}
ATTACKS = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "]]>&lt;/script&gt;",
    '"><iframe>',
    "</iframe><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\u2028\u2029\x00\ud800",
    "${alert(1)}`{0}{policy}",
]


@dataclass(frozen=True)
class Record:
    tokens: tuple[str, ...]
    attention: Any
    queries: Any
    keys: Any
    second_segment_start: int | None = None


def random_record(tokens: int = 5, layers: int = 3, heads: int = 2, width: int = 4, **changes: Any) -> Record:
    rng = np.random.default_rng(0)
    queries, keys = rng.normal(0, 2, (2, layers, heads, tokens, width)).astype(np.float32)
    scores = queries @ keys.swapaxes(-1, -2) / width**0.5
    attention = np.exp(scores - scores.max(-1, keepdims=True))
    attention /= attention.sum(-1, keepdims=True)
    names = tuple(f"token{number}" for number in range(tokens))
    return replace(Record(names, attention.astype(np.float32), queries, keys), **changes)


class Page(HTMLParser):
    """The elements of a page with their attributes and text, read by Python's own parser."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))

        self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            tag, attributes, text = self.elements.pop()
            self.elements.append((tag, attributes, text + data))

    def all(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for tag, attributes, text in self.elements if tag == name]

    def data(self) -> dict[str, Any]:
        (text,) = (text for attributes, text in self.all("script") if attributes.get("id") == "data")
        return json.loads(text)

    def programs(self) -> list[str]:
        return [text for attributes, text in self.all("script") if "type" not in attributes]


def frame_of(view: viz.View) -> tuple[str, str]:
    """The page inside a notebook's frame, and the frame without it."""
    frame = view._repr_mimebundle_()[0]["text/html"]
    page = Page(frame).all("div")[0][0]["data-page"]
    return page, frame.replace(html.escape(page), "")


@pytest.mark.parametrize("kind", DRAW)
def test_the_page_runs_our_own_readable_scripts_and_no_other(kind):
    ours = Path(viz.__file__).parent / "js"
    programs = Page(DRAW[kind](random_record()).html).programs()
    assert programs == [(ours / name).read_text(encoding="utf-8") for name in ("core.js", f"{kind}.js")]
    for program in programs:
        assert max(map(len, program.splitlines())) < 260, "written to be read, not minified"
        for way in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch("):
            assert way not in program
        assert not re.search(r"</script|<!--|\r|\0", program, re.IGNORECASE)


@pytest.mark.parametrize("kind", DRAW)
def test_a_page_without_weights_is_small(kind):
    assert len(DRAW[kind](random_record(tokens=2, layers=1, heads=1)).html) < 60_000


@pytest.mark.parametrize("kind", DRAW)
def test_the_page_carries_the_weights_as_bytes_and_the_vectors_as_halves(kind):
    given = random_record(second_segment_start=2)
    data = Page(DRAW[kind](given).html).data()
    assert data["tokens"] == list(given.tokens)
    assert (data["second"], data["layers"], data["heads"]) == (2, [0, 1, 2], 2)
    for layer, text in enumerate(data["attention"]):
        scales = np.array(data["scales"][layer])
        np.testing.assert_allclose(scales, given.attention[layer].max((1, 2)), rtol=1e-5)
        steps = scales[:, None, None] / 255
        read = np.frombuffer(base64.b64decode(text), np.uint8).reshape(2, 5, 5) * steps
        assert (np.abs(read - given.attention[layer]) <= 0.5 * steps + 1e-6).all()
    for name in ("queries", "keys"):
        assert len(data[name]) == (3 if kind == "neuron" else 0)
        for layer, text in enumerate(data[name]):
            read = np.frombuffer(base64.b64decode(text), "<f2").reshape(2, 5, 4)
            np.testing.assert_allclose(read, getattr(given, name)[layer], rtol=2**-11, atol=2**-25)


@pytest.mark.parametrize("kind", DRAW)
def test_the_same_record_gives_the_same_bytes_in_another_process_too(kind, tmp_path):
    code = "import sys; sys.path.insert(0, sys.argv[1])\n"
    code += "from tests.viz import test_views as t\n"
    code += f"v = t.DRAW[{kind!r}](t.random_record(), title='Twice')\n"
    code += "v.save(sys.argv[2] + '.html'); v.save(sys.argv[2] + '.png')"
    command = [sys.executable, "-c", code, str(Path(__file__).parents[2]), str(tmp_path / "other")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert done.returncode == 0, done.stderr
    view = DRAW[kind](random_record(), title="Twice")
    for ending in (".html", ".png"):
        assert (
            view.save(tmp_path / f"view{ending}").read_bytes() == (tmp_path / f"other{ending}").read_bytes()
        )
    assert view._repr_mimebundle_() == DRAW[kind](random_record(), title="Twice")._repr_mimebundle_()


def test_tensors_are_drawn_as_the_numbers_that_they_hold():
    import torch

    given = random_record()
    as_tensors = replace(given, attention=torch.from_numpy(given.attention).requires_grad_())
    assert viz.head_view(as_tensors).html == viz.head_view(given).html
    doubles = replace(given, attention=given.attention.astype(np.float64).tolist())
    assert viz.head_view(doubles).html == viz.head_view(given).html


@pytest.mark.parametrize("kind", DRAW)
def test_the_policy_lets_exactly_the_pages_own_scripts_run(kind):
    page = Page(DRAW[kind](random_record()).html)
    (rules,) = (a["content"] for a, _ in page.all("meta") if "http-equiv" in a)
    named = re.findall(r"'sha256-([^']+)'", rules)
    programs = [base64.b64encode(hashlib.sha256(p.encode()).digest()).decode() for p in page.programs()]
    assert named == programs
    assert len(named) == 2
    wanted = {"default-src 'none'", "style-src 'unsafe-inline'", "img-src data:", "base-uri 'none'"}
    assert wanted <= {rule.strip() for rule in rules.split(";")}
    assert "unsafe-eval" not in rules


@pytest.mark.parametrize("kind", DRAW)
def test_a_page_names_no_address_outside_itself(kind):
    view = DRAW[kind](random_record())
    for text in (view.html, frame_of(view)[1]):
        for tag, attributes, _ in Page(text).elements:
            for name in ("src", "href", "action", "data", "poster"):
                assert (attributes.get(name) or "data:").startswith("data:"), (tag, attributes)
            assert not any(name.startswith("on") for name in attributes), (tag, attributes)


@pytest.mark.parametrize("kind", DRAW)
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_tokens_and_titles_stay_text(kind, attack):
    """The parsed page has the same elements as a harmless one, and the token arrives as it was."""
    harmless = random_record(tokens=3, second_segment_start=2)
    hostile = replace(harmless, tokens=("[CLS]", attack, attack))
    view, same = DRAW[kind](hostile, title=attack), DRAW[kind](harmless, title="harmless")
    page, frame = frame_of(view)
    for found, expected in ((page, same.html), (frame, frame_of(same)[1])):
        tags = [(tag, sorted(attributes)) for tag, attributes, _ in Page(found).elements]
        assert tags == [(tag, sorted(attributes)) for tag, attributes, _ in Page(expected).elements]
    assert Page(page).data()["tokens"] == ["[CLS]", attack, attack]
    assert view.html == page
    page.encode("utf-8")


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_program_that_makes_the_frame_is_always_the_same(attack):
    """It gives the frame a sandbox without an origin; test_views_attacked looks at that in a browser."""
    given = random_record(tokens=3)
    made = [
        Page(draw(record, title=title)._repr_mimebundle_()[0]["text/html"]).all("script")
        for draw in DRAW.values()
        for record, title in ((given, ""), (replace(given, tokens=("[CLS]", attack, "b")), attack))
    ]
    assert all(scripts == made[0] for scripts in made)
    ((attributes, program),) = made[0]
    assert attributes == {}
    assert 'frame.setAttribute("sandbox", "allow-scripts")' in program


def test_a_notebook_gets_the_frame_a_picture_and_a_sentence():
    view = viz.head_view(random_record(), layer=1)
    data, metadata = view._repr_mimebundle_()
    assert set(data) == {"text/html", "image/png", "text/plain"}
    assert Image.open(BytesIO(base64.b64decode(data["image/png"]))).format == "PNG"
    assert base64.b64decode(data["image/png"]) == view.png
    assert data["text/plain"] == metadata["image/png"]["alt"] == view.description
    sentence = "Head view of the attention between 5 tokens, 3 layers with 2 heads: "
    assert view.description == sentence + "token0 token1 token2 token3 token4"


@pytest.mark.parametrize("kind", DRAW)
def test_an_untrusted_notebook_keeps_what_to_do_and_the_picture(kind):
    view = DRAW[kind](random_record())
    told, picture = Page(view._repr_mimebundle_()[0]["text/html"]).all("div")[1:3]
    assert told[1].startswith(view.description.partition(":")[0])
    assert "Trust Notebook" in told[1]
    assert picture[0]["title"] == view.description
    wide, high = Image.open(BytesIO(view.png)).size
    assert f"width:{wide}px;max-width:100%;height:{high}px;" in picture[0]["style"]
    assert base64.b64encode(view.png).decode("ascii") in picture[0]["style"]


@pytest.mark.parametrize("template", ["lab", "classic", "reveal"])
def test_an_export_that_sanitizes_shows_a_sentence_and_no_wall_of_text(template):
    """nbconvert --sanitize-html writes elements that it does not know out as text."""
    from nbconvert import HTMLExporter
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    view = viz.model_view(random_record())
    data, metadata = view._repr_mimebundle_()
    output = new_output("execute_result", data=data, metadata=metadata)
    notebook = new_notebook(cells=[new_code_cell("view", outputs=[output])])
    page, _ = HTMLExporter(template_name=template, sanitize_html=True).from_notebook_node(notebook)
    shown = page[page.index("albert-lab-view") :]
    assert shown.index(view.description.partition(":")[0]) < 200
    code = shown[shown.index("&lt;") : shown.rindex("&gt;")]
    assert len(code) < 3000, "the program alone, and it is hidden"
    assert "base64" not in shown
    assert "jp-LastModified-hidden collapse" in shown[: shown.index("&lt;")]
    whole, _ = HTMLExporter(template_name=template).from_notebook_node(notebook)
    assert html.escape(view.html) in whole or view.html in html.unescape(whole)


@pytest.mark.parametrize("kind", ["model", "long head", "long neuron"])
def test_the_picture_shows_the_weights_and_leaves_no_figure_open(kind):
    kind, tokens = kind.removeprefix("long "), 40 if "long" in kind else 8
    before = dict(mpl.rcParams), plt.get_fignums()
    bright, dark = (
        replace(random_record(tokens=tokens), attention=np.full((3, 2, tokens, tokens), value, np.float32))
        for value in (1, 0)
    )
    for given, weight in ((bright, 1.0), (dark, 0.0)):
        pixels = np.asarray(Image.open(BytesIO(DRAW[kind](given).png)).convert("RGB")).astype(int)
        colour = np.array(mpl.colormaps["viridis"](weight)[:3]) * 255
        share = (np.abs(pixels - colour).max(-1) < 1).mean()
        assert 0.3 < share < 0.9
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert (dict(mpl.rcParams), plt.get_fignums()) == before


def pixels_of(view):
    return np.asarray(Image.open(BytesIO(view.png)).convert("RGB")).astype(int)


def share_of(pixels, colour):
    """How many of the pixels are nearly of a colour such as '#0072B2'."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(pixels - wanted).max(-1) < 24).mean()


def test_the_head_view_stands_still_as_lines():
    """One line for each token where each looks at one; fainter ones where weights are lower than the most."""
    straight = np.zeros((3, 2, 8, 8), np.float32)
    straight[:, 0] = np.eye(8)
    straight[:, 1] = np.eye(8)[::-1]
    blue, orange = COLOURS[0], COLOURS[1]
    both = viz.head_view(replace(random_record(tokens=8), attention=straight))
    alone = viz.head_view(replace(random_record(tokens=8), attention=straight), head=0)
    assert share_of(pixels_of(both), blue) > 0.001 < share_of(pixels_of(both), orange)
    assert share_of(pixels_of(alone), orange) == 0 < share_of(pixels_of(alone), blue)
    straight[:, 0] = np.eye(8) * 0.1
    faint = viz.head_view(replace(random_record(tokens=8), attention=straight))
    assert share_of(pixels_of(faint), blue) < 0.5 * share_of(pixels_of(both), blue)


def test_the_neuron_view_stands_still_unfolded():
    """Positive products are blue, negative ones orange."""
    given = random_record(tokens=8)
    ones = np.ones_like(given.queries)
    shares = []
    for sign in (1, -1):
        view = viz.neuron_view(replace(given, queries=ones, keys=sign * ones))
        shares.append((share_of(pixels_of(view), COLOURS[0]), share_of(pixels_of(view), COLOURS[4])))
    assert shares[0][0] > shares[1][0] + 0.1
    assert shares[1][1] > shares[0][1] + 0.1


def test_a_picture_for_a_notebook_is_small():
    given = random_record(tokens=32, layers=12, heads=12)
    for draw in DRAW.values():
        assert len(draw(given).png) < 150_000


def test_chosen_layers_keep_their_numbers():
    given = random_record()
    data = Page(viz.neuron_view(given, layers=[2, 0], layer=0).html).data()
    assert (data["layers"], data["layer"]) == ([2, 0], 1)
    attention = np.frombuffer(base64.b64decode(data["attention"][0]), np.uint8).reshape(2, 5, 5) / 255
    attention *= given.attention[2].max((1, 2))[:, None, None]
    assert np.abs(attention - given.attention[2]).max() <= 0.5 / 255 + 1e-6
    queries = np.frombuffer(base64.b64decode(data["queries"][0]), "<f2")
    np.testing.assert_allclose(queries, given.queries[2].ravel(), rtol=2**-11, atol=2**-25)
    assert Page(viz.head_view(given, layer=-1).html).data()["layer"] == 2


@pytest.mark.parametrize("kind", DRAW)
def test_many_tokens_are_warned_of(kind):
    with pytest.warns(UserWarning, match="129 tokens.*shorter text") as caught:
        DRAW[kind](random_record(tokens=129, layers=1, heads=1))
    assert caught[0].filename == __file__
    DRAW[kind](random_record(tokens=128, layers=1, heads=1))  # a warning would be an error


@pytest.mark.filterwarnings("ignore:.*takes seconds")
def test_too_many_tokens_are_refused_unless_layers_are_chosen():
    given = random_record(tokens=513, layers=2, heads=1)
    for draw in DRAW.values():
        with pytest.raises(InputError, match="512"):
            draw(given)
    assert viz.head_view(given, layers=[1]).layers == [1]
    assert viz.head_view(random_record(tokens=512, layers=1, heads=1)).layers == [0]


GOOD = random_record()


def with_value(name: str, value: float) -> Record:
    changed = getattr(GOOD, name).copy()
    changed[0, 0, 0, 0] = value
    return replace(GOOD, **{name: changed})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (with_value("attention", np.nan), "NaN"),
        (with_value("attention", np.inf), "NaN or infinity"),
        (with_value("attention", 1.5), "after the softmax"),
        (with_value("attention", -0.1), "after the softmax"),
        (replace(GOOD, attention=GOOD.attention[0]), r"\(L, N, T, T\)"),
        (replace(GOOD, attention=GOOD.attention[..., :-1]), "5 tokens"),
        (replace(GOOD, attention=GOOD.attention[:0]), r"\(0, 2, 5, 5\)"),
        (replace(GOOD, attention="weights"), "no array"),
        (replace(GOOD, tokens=GOOD.tokens[:-1]), "4 tokens"),
        (replace(GOOD, second_segment_start=0), "second_segment_start=0"),
        (replace(GOOD, second_segment_start=5), "1 to 4"),
        (GOOD.attention, "analysis.record"),
    ],
)
def test_what_cannot_be_drawn_is_refused(given, told):
    for draw in DRAW.values():
        with pytest.raises(InputError, match=told):
            draw(given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (replace(GOOD, queries=None), "no queries"),
        (replace(GOOD, keys=None), "head_view"),
        (replace(GOOD, keys=GOOD.keys[:, :1]), r"\(3, 1, 5, 4\)"),
        (replace(GOOD, keys=GOOD.keys[..., :2]), "differ in their width"),
        (with_value("queries", np.nan), "NaN"),
        (with_value("keys", -1e5), "65504"),
    ],
)
def test_the_neuron_view_wants_queries_and_keys_and_the_others_do_not(given, told):
    with pytest.raises(InputError, match=told):
        viz.neuron_view(given)
    assert viz.head_view(given).html == viz.head_view(GOOD).html


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"layers": []}, "different numbers from 0 to 2"),
        ({"layers": [0, 0]}, "different numbers"),
        ({"layers": [0, -3]}, "different numbers"),
        ({"layers": [3]}, "no 3"),
        ({"layers": [1], "layer": 0}, "not among"),
        ({"layer": 3}, "no 3"),
        ({"layer": 1.0}, "no 1.0"),
        ({"head": 2}, "no 2"),
    ],
)
def test_layers_and_heads_that_are_not_there_are_refused(choice, told):
    with pytest.raises(InputError, match=told):
        viz.neuron_view(GOOD, **choice)


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    view = viz.head_view(GOOD)
    assert view.save(str(tmp_path / "new" / "a.HTML")).read_bytes() == view.html.encode()
    assert view.save(tmp_path / "a.png").read_bytes() == view.png
    with pytest.raises(InputError, match=r"\.html or \.png"):
        view.save(tmp_path / "a.svg")
    monkeypatch.setattr(Path, "write_bytes", lambda self, content: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OutputError, match="full"):
        view.save(tmp_path / "a.png")
    monkeypatch.undo()
    assert (tmp_path / "a.png").read_bytes() == view.png
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "new"]


def test_drawing_imports_no_heavy_package():
    code = "import sys; from tests.viz import test_views as t; t.viz.head_view(t.GOOD).html\n"
    code += "print(sorted({'bertviz', 'mpld3', 'boto3', 'torch'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]", done.stderr


# Words, cross-attention, BertViz's calls


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["[CLS]", "▁the", "▁t", "ir", "ed", ".", "[SEP]"], ["[CLS]", "▁the", "▁tired", ".", "[SEP]"]),
        (["▁", "s", "at", "▁(", "x", ")", "▁don", "'", "t"], ["▁sat", "▁(", "x", ")", "▁don", "'", "t"]),
        (["[CLS]", "un", "##afford", "##able", "cat", "[SEP]"], ["[CLS]", "unaffordable", "cat", "[SEP]"]),
        (["<s>", "The", "Ġcat", "s", "Ġsat", ".", "</s>"], ["<s>", "The", "Ġcats", "Ġsat", ".", "</s>"]),
        (["one", "two", "two"], ["one", "two", "two"]),
        (["▁a", "[MASK]", "b", "<unk>"], ["▁a", "[MASK]", "b", "<unk>"]),
        (["", " ", "\n", "▁"], ["", " ", "\n", "▁"]),
    ],
)
def test_pieces_are_joined_to_words(tokens, words):
    found = views._words(tokens)
    assert [word for _, word in found] == words
    assert [place for place, _ in found] == sorted({place for place, _ in found})
    assert found[0][0] == 0


@dataclass(frozen=True)
class Cross(Record):
    key_tokens: tuple[str, ...] | None = None


CROSS = Cross(("le", "chat"), GOOD.attention[:, :, :2], GOOD.queries[:, :, :2], GOOD.keys, None, GOOD.tokens)


@pytest.mark.parametrize("kind", DRAW)
def test_cross_attention_is_drawn_between_two_lists_of_tokens(kind):
    view = DRAW[kind](CROSS)
    data = Page(view.html).data()
    assert (data["tokens"], data["key_tokens"]) == (["le", "chat"], list(GOOD.tokens))
    read = np.frombuffer(base64.b64decode(data["attention"][1]), np.uint8).reshape(2, 2, 5)
    scales = CROSS.attention[1].max((1, 2))[:, None, None]
    assert np.abs(read / 255 * scales - CROSS.attention[1]).max() < 0.5 / 255 + 1e-6
    assert "between 2 tokens and 5 others" in view.description
    assert Image.open(BytesIO(view.png)).format == "PNG"
    if kind == "neuron":
        assert len(base64.b64decode(data["queries"][0])) == 2 * 2 * 2 * 4
        assert len(base64.b64decode(data["keys"][0])) == 2 * 2 * 5 * 4
    for wrong in (replace(CROSS, key_tokens=GOOD.tokens[:-1]), replace(CROSS, tokens=("le",))):
        with pytest.raises(InputError, match="tokens"):
            DRAW[kind](wrong)


@pytest.mark.parametrize("draw", [viz.head_view, viz.model_view])
def test_what_bertviz_is_called_with_is_accepted(draw):
    import torch

    maps = tuple(torch.from_numpy(layer)[None] for layer in GOOD.attention)
    tokens = list(GOOD.tokens)
    assert draw(maps, tokens).html == draw(GOOD).html
    assert draw(attention=maps, tokens=tokens).html == draw(GOOD).html
    pair = replace(GOOD, second_segment_start=2)
    assert draw(maps, tokens, 2, html_action="view", prettify_tokens=False).html == draw(pair).html
    assert draw(maps, tokens, sentence_b_start=2, include_layers=[1]).html == draw(pair, layers=[1]).html
    assert draw(encoder_attention=maps, encoder_tokens=tokens).html == draw(GOOD).html
    assert draw(decoder_attention=maps, decoder_tokens=tokens).html == draw(GOOD).html
    crossed = tuple(layer[:, :, :2] for layer in maps)
    given = {"cross_attention": crossed, "encoder_tokens": tokens, "decoder_tokens": ["le", "chat"]}
    assert draw(**given).html == draw(CROSS).html


@pytest.mark.filterwarnings("ignore:unclosed file")
def test_bertviz_itself_takes_what_a_record_holds():
    import bertviz
    import torch

    maps = tuple(torch.from_numpy(layer)[None] for layer in GOOD.attention)
    for view in (bertviz.head_view, bertviz.model_view):
        page = view(maps, list(GOOD.tokens), html_action="return").data
        assert all(f'"{token}"' in page for token in GOOD.tokens)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "analysis.record"),
        ({"color": "red"}, "no argument color"),
        ({"cross_attention": [GOOD.attention], "decoder_tokens": ["a"]}, "without encoder_tokens"),
        ({"encoder_attention": [GOOD.attention], "decoder_attention": [GOOD.attention]}, "one kind"),
        ({"attention": ["x"], "tokens": ["a"]}, "attention"),
        ({"attention": [np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3))], "tokens": ["a"]}, "no list of layers"),
    ],
)
def test_calls_that_say_too_little_or_too_much_are_refused(given, told):
    with pytest.raises(InputError, match=told):
        viz.head_view(**given)


@pytest.mark.parametrize("kind", DRAW)
def test_the_layer_and_the_head_shown_first_must_be_there(kind):
    data = Page(DRAW[kind](GOOD, layer=-1, head=1).html).data()
    assert (data["layer"], data["head"]) == (2, 1)
    for wrong in ({"layer": 99}, {"layer": -4}, {"head": 9}, {"head": -3}):
        with pytest.raises(InputError, match="there is no"):
            DRAW[kind](GOOD, **wrong)
