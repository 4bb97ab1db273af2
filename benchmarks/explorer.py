"""The bars of the explorer's page, in one run of headless Chromium: size, first picture, new text, stepping.

    python benchmarks/explorer.py
    python benchmarks/explorer.py --repeats 20 --json result.json

The page is the one that `albert-lab explore` writes, standard library included. "First picture" is the time
from the start of the navigation to the second frame after everything was drawn. "A new text" is the time from
the input event to the second frame after it, for texts of 16 tokens. "Stepping" plays calls 1 to 6 and takes
the time between frames, and the time that our script takes of each. On a busy machine the best of the repeats
says what the page takes, the median what its user had.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.browser.find import launch

BARS = {"page, MB": 6, "first picture, ms": 1500, "a new text, ms": 100, "a frame's script, ms": 1000 / 60}
TEXT = "Copy a file to another directory and {} the names of all was there."
WORDS = ("print", "return", "sort", "count", "remove", "keep")
FIRST = """() => new Promise((done) => {
    const look = () => (typeof way === 'undefined' || !way.T) // before the script there is the element #way
        ? setTimeout(look, 5)
        : requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
    look();
})"""
TYPED = """(text) => new Promise((done) => {
    const field = document.getElementById("text"), start = performance.now();
    field.value = text;
    field.dispatchEvent(new Event("input"));
    const script = performance.now() - start;
    const drawn = () => done([performance.now() - start, script, way.T]);
    requestAnimationFrame(() => requestAnimationFrame(drawn));
})"""
STEPPED = """() => new Promise((done) => {
    const frames = [], scripts = [];
    let last = null;
    const before = () => {
        const start = performance.now();
        drawFrame();
        scripts.push(performance.now() - start);
    };
    const look = (now) => {
        if (last !== null) frames.push(now - last);
        last = now;
        if (!state.playing && state.call === 6 && position === 6) {
            for (let i = 0; i < 30; i++) before();
            done([frames, scripts]);
        } else requestAnimationFrame(look);
    };
    go(1);
    position = 1;
    requestAnimationFrame(look);
    play(true);
})"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--repeats", type=int, default=10)
    options.add_argument("--page", type=Path, help="a page that was written before")
    options.add_argument("--json", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = given.page or _write(Path(folder))
        browser = launch(playwright)
        found = {"page, MB": [path.stat().st_size / 1e6], **_measured(browser, path, given.repeats)}
        version = browser.version
        browser.close()
    print(f"Chromium {version}, {given.repeats} repeats")
    for name, values in found.items():
        bar = f"  (bar {BARS[name]:.4g})" if name in BARS else ""
        print(f"{name:28} best {min(values):8.2f}   median {median(values):8.2f}{bar}")
    if given.json:
        given.json.write_text(json.dumps(found), encoding="utf-8")


def _write(folder: Path) -> Path:
    import albert_lab as lab

    loaded, library = lab.load("docs-mini-sentence"), lab.retrieval.DocumentSearch("stdlib")
    return lab.viz.explorer(loaded, library=library).save(folder / "explorer.html")


def _measured(browser: Browser, path: Path, repeats: int) -> dict[str, list[float]]:
    found = {name: [] for name in ("first picture, ms", "a new text, ms", "a new text's script, ms")}
    found |= {"between frames, ms": [], "a frame's script, ms": [], "frames within 17.5 ms, share": []}
    for _ in range(repeats):
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto(path.as_uri(), wait_until="commit")
        found["first picture, ms"].append(page.evaluate(FIRST))
        for word in WORDS:
            total, script, tokens = page.evaluate(TYPED, TEXT.format(word))
            assert 15 <= tokens <= 18, tokens
            found["a new text, ms"].append(total)
            found["a new text's script, ms"].append(script)
        frames, scripts = page.evaluate(STEPPED)
        found["between frames, ms"].append(median(frames))
        found["frames within 17.5 ms, share"].append(sum(one <= 17.5 for one in frames) / len(frames))
        found["a frame's script, ms"].append(median(scripts))
        context.close()
    return found


if __name__ == "__main__":
    main()
