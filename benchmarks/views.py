"""Our interactive views against stock bertviz, in one run: size, building, first draw.

    python benchmarks/views.py
    python benchmarks/views.py --quick --json result.json

Needs Linux and Chromium (see tests/browser). bertviz's pages load require.js, jQuery and d3 from a CDN,
without which they stay empty; here they come from local files: require.js and jQuery from nbclassic's wheel
(downloaded with pip to a folder of its own, or --nbclassic FILE), d3 from mpld3. Both show the same random
attention, 12 layers with 12 heads, softmax of normal numbers with standard deviation 3. The two take turns;
medians count. The head views draw the same lines; bertviz's model view draws lines in every square, ours a
small picture in every square and the lines of one head.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import numpy as np
from playwright.sync_api import Browser, sync_playwright

LAYERS = HEADS = 12
MAKERS = ("bertviz", "albert-lab")
SIZES = [("head", 32), ("head", 64), ("head", 128), ("head", 256), ("model", 64)]
DRAWN = [("head", 128, 3), ("model", 64, 3), ("head", 256, 3)]  # and how often
DRAWN_AND_PAINTED = """() => new Promise((done) => {
    const look = () => document.querySelector('#vis svg line')
        ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() / 1000)))
        : setTimeout(look, 20);
    look();
})"""


def main() -> None:
    options = arguments()
    if options.build:
        print(json.dumps(build(*options.build)))
        return
    sizes = [case for case in SIZES if not options.quick or case[1] <= 64]
    drawn = [(view, tokens, 1) for view, tokens, _ in [("head", 64, 1), ("model", 64, 1)]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cdn = local_cdn(folder, options.nbclassic)
        results = {"built": [row for case in sizes for row in built(folder, *case)]}
        with sync_playwright() as playwright:
            path = os.environ.get("ALBERT_LAB_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, timeout=600_000)
            chosen = drawn if options.quick else DRAWN
            results["drawn"] = [row for case in chosen for row in first_draws(browser, cdn, folder, *case)]
            print(json.dumps({"chromium": browser.version}))
            browser.close()
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="at most 64 tokens, each page once")
    parser.add_argument("--nbclassic", type=Path, help="a wheel of nbclassic; without it pip downloads one")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument(
        "--build", nargs=4, metavar=("MAKER", "VIEW", "TOKENS", "FILE"), help=argparse.SUPPRESS
    )
    return parser.parse_args()


def attention(tokens: int) -> np.ndarray:
    """(L, N, T, T), each row a softmax."""
    scores = np.random.default_rng(0).normal(0, 3, (LAYERS, HEADS, tokens, tokens)).astype(np.float32)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def build(maker: str, view: str, tokens: str, file: str) -> dict:
    """Write one page; runs in a process of its own, so that its memory is its own."""
    weights, names = attention(int(tokens)), [f"token{number}" for number in range(int(tokens))]
    if maker == "bertviz":
        import bertviz
        import torch

        draw = {"head": bertviz.head_view, "model": bertviz.model_view}[view]
        maps = [torch.from_numpy(layer)[None] for layer in weights]
        choice = {"display_mode": "light"} if view == "model" else {}
        page = lambda: draw(maps, names, html_action="return", **choice).data  # noqa: E731
    else:
        from albert_lab import viz

        record = SimpleNamespace(tokens=names, attention=weights, second_segment_start=None)
        page = lambda: {"head": viz.head_view, "model": viz.model_view}[view](record).html  # noqa: E731
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak of making the numbers
    before, begin = memory("VmRSS"), (time.perf_counter(), time.process_time())
    Path(file).write_text(page(), encoding="utf-8")
    now = time.perf_counter(), time.process_time()
    told = {"seconds": now[0] - begin[0], "processor_seconds": now[1] - begin[1]}
    return told | {"extra_mb": (memory("VmHWM") - before) / 1024}


def memory(kind: str) -> int:
    """Kilobytes of this process: VmRSS now, VmHWM at its peak. Linux only."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind))


def page_of(folder: Path, maker: str, view: str, tokens: int) -> Path:
    return folder / f"{maker}-{view}-{tokens}.html"


def built(folder: Path, view: str, tokens: int) -> list[dict]:
    rows = []
    for maker in MAKERS:
        path = page_of(folder, maker, view, tokens)
        command = [sys.executable, "-W", "ignore", __file__, "--build", maker, view, str(tokens), str(path)]
        told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        rows.append({"view": view, "tokens": tokens, "maker": maker, "mb": path.stat().st_size / 1e6, **told})
    for row in rows:
        row["times_smaller"] = rows[0]["mb"] / row["mb"]
        show(row)
    return rows


def local_cdn(folder: Path, wheel: Path | None) -> dict[str, bytes]:
    """What bertviz's pages ask the CDN for, by the name in the address."""
    if wheel is None:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder), "nbclassic"]
        subprocess.run(command, check=True)
        (wheel,) = folder.glob("nbclassic*.whl")
    (mpld3,) = find_spec("mpld3").submodule_search_locations

    with zipfile.ZipFile(wheel) as archive:
        components = "nbclassic/static/components"
        return {
            "require.min.js": archive.read(f"{components}/requirejs/require.js"),
            "jquery.min.js": archive.read(f"{components}/jquery/jquery.min.js"),
            "d3.min.js": (Path(mpld3) / "js" / "d3.v5.min.js").read_bytes(),
        }


def opened(browser: Browser, cdn: dict[str, bytes], path: Path) -> tuple[object, float]:
    """A page that has drawn and painted, and how many seconds after the beginning that was."""
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    page.set_default_timeout(1_800_000)

    def answer(route: object) -> None:
        content = cdn[route.request.url.rsplit("/", 1)[1]]
        route.fulfill(body=content, content_type="text/javascript")

    page.route("https://cdnjs.cloudflare.com/**", answer)
    page.goto(path.as_uri(), wait_until="commit")
    return page, page.evaluate(DRAWN_AND_PAINTED)


def processor_seconds(browser: Browser) -> float:
    """Of all processes of the browser, so far."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return sum(process["cpuTime"] for process in told)


def first_draws(
    browser: Browser, cdn: dict[str, bytes], folder: Path, view: str, tokens: int, rounds: int
) -> list[dict]:
    seconds: dict[str, list[float]] = {maker: [] for maker in MAKERS}
    work: dict[str, list[float]] = {maker: [] for maker in MAKERS}
    lines = {}
    for _ in range(rounds):
        for maker in MAKERS:
            before = processor_seconds(browser)
            page, taken = opened(browser, cdn, page_of(folder, maker, view, tokens))
            work[maker].append(processor_seconds(browser) - before)
            seconds[maker].append(taken)
            lines[maker] = page.locator("#vis svg line").count()
            page.close()
    rows = []
    for maker in MAKERS:
        row = {"view": view, "tokens": tokens, "maker": maker, "lines": lines[maker], "rounds": rounds}
        row |= {"first_draw_seconds": median(seconds[maker]), "processor_seconds": median(work[maker])}
        row["times_faster"] = median(seconds["bertviz"]) / row["first_draw_seconds"]
        row["times_less_work"] = median(work["bertviz"]) / row["processor_seconds"]
        show(row)
        rows.append(row)
    return rows


def show(row: dict) -> None:
    told = (f"{name} {value:.3g}" if isinstance(value, float) else f"{value}" for name, value in row.items())
    print("  ".join(told), flush=True)


if __name__ == "__main__":
    main()
