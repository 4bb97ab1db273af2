"""The browser of the tests: which one of this machine is taken, and how a machine without one gets one.

``python -m tests.browser.find``, called by ``make test`` before the tests, sees to it that ``launch`` finds
one: Playwright's own Chromium is fetched; where that fails and root has apt-get, apt brings Chromium.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, Playwright, sync_playwright

from tests.browser.jupyterlab import MILLISECONDS
from tools.progress import run

LOG = Path(sys.prefix, "browser.log")
COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge-stable",
    "microsoft-edge",
)
PLACES = (
    "/opt/google/chrome/chrome",
    "/opt/microsoft/msedge/msedge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
CUT_OFF = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
CONNECTION = {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": "10000"}  # milliseconds, of five attempts
UNATTENDED = {"DEBIAN_FRONTEND": "noninteractive"}
INSTALL_ONE = (
    "Install Chromium, Chrome or Edge (on Debian: sudo apt install chromium), or put the path of one into "
    "ALBERT_LAB_CHROMIUM, and run make test again. make test-fast needs no browser."
)


class NoBrowserError(Exception):
    """No browser starts. Knows why, for each that was tried."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        if asked := os.environ.get("ALBERT_LAB_CHROMIUM"):
            what = f"ALBERT_LAB_CHROMIUM is {asked}, which does not start as a browser."
        else:
            broken = [name for name, reason in reasons.items() if "Executable doesn't exist" not in reason]
            what = "the browser tests need Chromium, Chrome or Edge, and there is none that works here"
            what += f" ({', '.join(broken)} does not start)." if broken else "."
        super().__init__(f"{what} {INSTALL_ONE}")


def launch(playwright: Playwright) -> Browser:
    """Start the first browser that starts and can read files, cut off from the network.

    ``ALBERT_LAB_CHROMIUM`` alone where it is set; else what is installed; else what Playwright has fetched.

    Raises:
        NoBrowserError: there is none.
    """
    reasons = {}
    for path in _candidates():
        try:
            browser = playwright.chromium.launch(executable_path=path, args=[CUT_OFF], timeout=MILLISECONDS)
        except Error as error:
            reasons[str(path or "Playwright's own")] = str(error)
            continue
        try:
            _read_a_file(browser)
            return browser
        except Error as error:  # one in a snap sees no files in the folder for temporary ones
            reasons[str(path or "Playwright's own")] = str(error)
            browser.close()
    raise NoBrowserError(reasons)


def _candidates() -> Iterator[str | None]:
    """Paths; None for Playwright's own."""
    if asked := os.environ.get("ALBERT_LAB_CHROMIUM"):
        yield asked
        return
    yield from filter(None, map(shutil.which, COMMANDS))
    yield from (place for place in PLACES if Path(place).exists())
    yield None


def _read_a_file(browser: Browser) -> None:
    with tempfile.TemporaryDirectory(prefix="albert-lab-browser-") as folder:
        path = Path(folder, "page.html")
        path.write_text("<title>read</title>", encoding="utf-8")
        page = browser.new_page()
        page.goto(path.as_uri(), timeout=MILLISECONDS)
        if page.title() != "read":
            raise Error(f"cannot read {path}")
        page.close()


def _started() -> str:
    """Name and version of the browser that ``launch`` takes."""
    with sync_playwright() as playwright:
        browser = launch(playwright)
        version = browser.version
        browser.close()
    return version


def _ways() -> Iterator[tuple[str, list[list[str]], dict[str, str]]]:
    """What may bring a browser, first things first: in words, as commands, and variables for them."""
    own = [sys.executable, "-m", "playwright"]
    yield "Fetching Playwright's Chromium", [[*own, "install", "--only-shell", "chromium"]], CONNECTION
    if not (shutil.which("apt-get") and os.getuid() == 0):
        return
    install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-liberation"]
    yield "Installing Chromium with apt-get", [["apt-get", "-q", "update"], install], UNATTENDED
    # Ubuntu's apt has Chromium only as a snap; what Playwright fetched may lack no more than libraries.
    yield (
        "Installing the libraries of Playwright's Chromium",
        [[*own, "install-deps", "chromium"]],
        UNATTENDED,
    )


def main() -> int:
    LOG.unlink(missing_ok=True)
    try:
        _started()
        return 0
    except NoBrowserError as error:
        lacking = error
    if not os.environ.get("ALBERT_LAB_CHROMIUM"):
        print("The browser tests need Chromium, Chrome or Edge; none was found.", flush=True)
        for begin, commands, environment in _ways():
            for command in commands:
                status = run(command, LOG, begin=f"{begin}: {' '.join(command)}", environment=environment)
            if status:
                print("  That failed.", flush=True)
                continue
            try:
                print(f"  Done: version {_started()}.", flush=True)
                return 0
            except NoBrowserError as error:
                lacking = error
                print("  It does not start.", flush=True)
    with LOG.open("a", encoding="utf-8") as file:
        file.writelines(f"\n{name}: {reason}\n" for name, reason in lacking.reasons.items())
    print(f"albert-lab: {lacking} What was tried: {LOG}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
