"""Programs hidden in tokens, second texts, titles and file names: each of three layers stops them alone."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from albert_lab import viz
from albert_lab.viz import page as builder
from tests.browser.conftest import Watched
from tests.browser.drawn import texts
from tests.viz.test_views import DRAW, random_record

pytestmark = pytest.mark.browser
# No quotation marks: JSON would write them as \" and so break the attack by luck.
RUN = "ran=1;document.title='PWNED';top.document.title='PWNED'"
ATTACKS = {
    "image": f"</script><img src=x onerror={RUN}>",
    "script": f"</script><script>{RUN}</script>",
    "comment": "<!--<script>",
    "title": f"</title></style></noscript><svg onload={RUN}>",
    "frame": f"</iframe><img src=x onerror={RUN}>",
    "attribute": f"'\"><img src=x onerror={RUN}>",
    "entity": f"&lt;/script&gt;&lt;img src=x onerror={RUN}&gt;",
}
SANDBOX = 'frame.setAttribute("sandbox", "allow-scripts");'
HOST = "<!DOCTYPE html><title>safe</title><p>A notebook</p>{}"


def attacked(attack: str, place: str) -> tuple[object, str]:
    """A record and a title with the attack in the first text, in the second, or in the title."""
    tokens = ["[CLS]", "one", "[SEP]", "two", "[SEP]"]
    if place != "title":
        tokens[1 if place == "text" else 3] = attack
    record = replace(random_record(tokens=5), tokens=tuple(tokens), second_segment_start=3)
    return record, attack if place == "title" else ""


@pytest.mark.parametrize("place", ["text", "pair", "title"])
@pytest.mark.parametrize("attack", ATTACKS)
def test_in_a_saved_page_an_attack_stays_text(attack, place, watched: Watched, tmp_path):
    record, title = attacked(ATTACKS[attack], place)
    page = watched.open(viz.head_view(record, title=title).save(tmp_path / "view.html"))
    assert page.title() != "PWNED"
    assert page.evaluate("typeof ran") == "undefined"
    assert page.locator("#attention line").count() > 0
    assert texts(page, "#left text") == list(record.tokens)
    assert texts(page, "h1") == [title] * bool(title)


@pytest.mark.parametrize("kind", DRAW)
def test_in_a_notebook_attacks_stay_text_in_every_view(kind, watched: Watched):
    tokens = tuple(ATTACKS.values())
    record = replace(random_record(tokens=len(tokens)), tokens=tokens, second_segment_start=3)
    views = [DRAW[kind](record, title=attack) for attack in ATTACKS.values()]
    frames = [view._repr_mimebundle_()[0]["text/html"] for view in views]
    watched.page.set_content(HOST.format("".join(frames)))
    for place in range(len(frames)):
        inside = watched.page.locator("iframe").nth(place).element_handle().content_frame()
        inside.wait_for_selector("#vis svg line", state="attached")
        assert inside.evaluate("typeof ran") == "undefined"
        assert inside.evaluate("self.origin") == "null"
        if kind == "neuron":
            assert texts(inside, "#collapsed #leftText text") == list(tokens)
    assert watched.page.title() == "safe"
    assert watched.page.locator("iframe").count() == len(frames)
    assert watched.page.locator("img").count() == 0


def test_an_attack_in_a_file_name_is_only_a_name(watched: Watched, tmp_path):
    record, _ = attacked("one", "text")
    for name in (f"<img src=x onerror={RUN}>.html", "';document.title='PWNED';'.html", "#%3Cscript%3E?.html"):
        page = watched.open(viz.head_view(record).save(tmp_path / name))
        assert page.locator("#attention line").count() > 0
        assert page.title().startswith("Head view")
        assert page.evaluate("typeof ran") == "undefined"


def frame_with_only(layers: tuple[str, ...], attack: str, place: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A notebook's frame in which every layer of protection that is not named is switched off."""
    if "escaping" not in layers:
        monkeypatch.setattr(builder, "data_block", lambda data: json.dumps(data))
        monkeypatch.setattr(builder, "escaped", lambda text: text)
    if "policy" not in layers:
        monkeypatch.setattr(builder, "policy", lambda scripts: "")
    if "sandbox" not in layers:
        program = builder._MAKE_FRAMES
        monkeypatch.setattr(builder, "_MAKE_FRAMES", program.replace(SANDBOX, ""))
        assert SANDBOX in program
    record, title = attacked(attack, place)
    return viz.head_view(record, title=title)._repr_mimebundle_()[0]["text/html"]


PLACES = pytest.mark.parametrize("place", ["text", "pair", "title"])
BREAKING = pytest.mark.parametrize("attack", ["image", "script"])


def shown(watched: Watched, frame: str):
    watched.page.set_content(HOST.format(frame))
    inside = watched.page.locator("iframe").element_handle().content_frame()
    inside.wait_for_load_state("load")
    return inside


@PLACES
@BREAKING
def test_without_any_layer_the_attack_reaches_the_notebook(attack, place, watched: Watched, monkeypatch):
    """The control: if this fails, the tests below prove nothing."""
    shown(watched, frame_with_only((), ATTACKS[attack], place, monkeypatch))
    watched.page.wait_for_function("document.title === 'PWNED'")
    watched.errors.clear()


@PLACES
@BREAKING
def test_escaping_alone_keeps_the_attack_from_running(attack, place, watched: Watched, monkeypatch):
    inside = shown(watched, frame_with_only(("escaping",), ATTACKS[attack], place, monkeypatch))
    inside.wait_for_selector("#attention line", state="attached")
    assert inside.evaluate("typeof ran") == "undefined"
    assert watched.page.title() == "safe"


@PLACES
@BREAKING
def test_the_policy_alone_keeps_the_attack_from_running(attack, place, watched: Watched, monkeypatch):
    inside = shown(watched, frame_with_only(("policy",), ATTACKS[attack], place, monkeypatch))
    watched.page.wait_for_timeout(100)
    assert inside.evaluate("typeof ran") == "undefined"
    assert watched.page.title() == "safe"
    assert any("Content Security Policy" in error for error in watched.errors)
    watched.errors.clear()


@PLACES
@BREAKING
def test_the_sandbox_alone_keeps_the_attack_inside_its_frame(attack, place, watched: Watched, monkeypatch):
    inside = shown(watched, frame_with_only(("sandbox",), ATTACKS[attack], place, monkeypatch))
    inside.wait_for_function("typeof ran !== 'undefined'")  # it runs, and reaches nothing
    assert watched.page.title() == "safe"
    assert any("Blocked a frame" in error for error in watched.errors)
    watched.errors.clear()


def test_a_script_that_ran_in_a_page_could_talk_to_nobody(watched: Watched, tmp_path):
    """Playwright's own code runs in spite of the policy, but what it may load is bound by it."""
    page = watched.open(viz.head_view(random_record()).save(tmp_path / "view.html"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        blocked = page.evaluate(
            """async (address) => {
                const seen = [];
                const see = (event) => seen.push(event.effectiveDirective);
                document.addEventListener("securitypolicyviolation", see);
                await fetch(address).catch(() => {});
                const image = new Image();
                image.src = address + "picture.png";
                await new Promise((done) => (image.onerror = done));
                return seen.sort();
            }""",
            f"http://127.0.0.1:{server.getsockname()[1]}/",
        )
        with pytest.raises(BlockingIOError):
            server.accept()
    assert blocked == ["connect-src", "img-src"]
    watched.errors.clear()
