"""An installed Firefox without a window, driven through WebDriver BiDi (https://w3c.github.io/webdriver-bidi).

Playwright knows only a Firefox of its own making, which it fetches; what readers have speaks this protocol.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
from websocket import create_connection

COMMANDS = ("firefox", "firefox-esr")
LISTENING = r"WebDriver BiDi listening on (ws://\S+)\s"
SECONDS = 600  # only a browser that hangs takes so long to answer
PREFERENCES = 'user_pref("browser.shell.checkDefaultBrowser", false);\n'


class NoFirefoxError(Exception):
    """No Firefox is installed here, or it does not start."""


class BrowserSaysNoError(Exception):
    """A command failed, or JavaScript raised."""


class Firefox:
    """One tab. It keeps account of the addresses that pages ask for, and of their errors.

    Args:
        folder: an empty one, for the profile.

    Raises:
        NoFirefoxError: there is none.
    """

    def __init__(self, folder: Path) -> None:
        installed = next(filter(None, map(shutil.which, COMMANDS)), None)
        program = os.environ.get("ALBERT_LAB_FIREFOX") or installed
        if program is None:
            raise NoFirefoxError(
                "No Firefox is installed. Install it (on Debian: sudo apt install firefox-esr), or put the "
                "path of one into ALBERT_LAB_FIREFOX."
            )
        (folder / "user.js").write_text(PREFERENCES)
        command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", f"--profile={folder}"]
        log = folder / "firefox.log"
        with log.open("wb") as errors:
            self._process = subprocess.Popen(command, stderr=errors)
        while not (found := re.search(LISTENING, log.read_text(errors="replace"))):
            if self._process.poll() is not None:
                raise NoFirefoxError(f"{program} does not start:\n{log.read_text(errors='replace')}")
            time.sleep(0.1)
        self._socket = create_connection(f"{found[1]}/session", timeout=SECONDS, suppress_origin=True)
        self._number = 0
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded", "network.beforeRequestSent"])
        self._tab = self._ask("browsingContext.create", type="tab")["context"]

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv())
            if told.get("id") == self._number:
                if told["type"] == "error":
                    raise BrowserSaysNoError(f"{method}: {told['message']}")
                return told["result"]
            self._keep(told)

    def _keep(self, event: dict[str, Any]) -> None:
        if event.get("method") == "network.beforeRequestSent":
            self.requests.append(event["params"]["request"]["url"])
        elif event.get("method") == "log.entryAdded" and event["params"]["level"] == "error":
            self.errors.append(event["params"]["text"])

    def size(self, width: int, height: int) -> None:
        """Make the page ``width`` by ``height`` CSS pixels."""
        viewport = {"width": width, "height": height}
        self._ask("browsingContext.setViewport", context=self._tab, viewport=viewport)

    def open(self, address: str) -> None:
        """Go there and wait until all is loaded."""
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def frames(self) -> list[str]:
        """The names by which `run` knows the frames of the page."""
        (tree,) = self._ask("browsingContext.getTree", root=self._tab)["contexts"]
        return [child["context"] for child in tree["children"]]

    def run(self, expression: str, frame: str | None = None) -> Any:
        """The value of a JavaScript expression in the page or in one of its frames; promises are waited for.

        Raises:
            BrowserSaysNoError: it raised.
        """
        source = f"(async () => JSON.stringify(await ({expression}) ?? null))()"
        told = self._ask(
            "script.evaluate", expression=source, awaitPromise=True, target={"context": frame or self._tab}
        )
        if told["type"] == "exception":
            raise BrowserSaysNoError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def press(self, query: str, keys: str) -> None:
        """Focus the element that ``query`` finds and type ``keys``, as a person at the keyboard."""
        self.run(f"document.querySelector({json.dumps(query)}).focus()")
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = [{"type": "key", "id": "keyboard", "actions": actions}]
        self._ask("input.performActions", context=self._tab, actions=source)

    def screenshot(self, path: Path) -> Path:
        """Write what is seen as a PNG."""
        told = self._ask("browsingContext.captureScreenshot", context=self._tab)
        path.write_bytes(base64.b64decode(told["data"]))
        return path

    def close(self) -> None:
        """End the browser and all its processes."""
        family = [*psutil.Process(self._process.pid).children(recursive=True), self._process]
        self._socket.close()
        for each in family:
            each.kill()
        self._process.wait()
