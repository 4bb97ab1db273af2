"""One browser for all tests of this folder, and a page that keeps account of its requests and errors."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.browser.find import NoBrowserError, launch
from tests.browser.jupyterlab import MILLISECONDS, Lab, settings, wait_for
from tests.notebooks.run import kernel_environment

HERE = ("file:", "data:", "about:", "blob:", "http://127.0.0.1:", "ws://127.0.0.1:")


@dataclass
class Watched:
    """A page, the addresses that it asked for, and its errors: of the console and uncaught ones."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def outside(self) -> list[str]:
        """What it asked other machines for."""
        return [address for address in self.requests if not address.startswith(HERE)]

    def open(self, path: Path) -> Page:
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed after the last test of this folder: while it is open, asyncio.run() works nowhere."""
    with sync_playwright() as playwright:
        try:
            opened = launch(playwright)
        except NoBrowserError as error:
            pytest.fail(str(error), pytrace=False)
        yield opened
        opened.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A fresh page. At the end nothing was asked of other machines, and there was no error."""
    context = browser.new_context(viewport={"width": 1100, "height": 1400})
    context.set_default_timeout(MILLISECONDS)
    found = Watched(context.new_page())

    def told(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.errors.append(message.text)

    context.on("request", lambda request: found.requests.append(request.url))
    context.on("console", told)
    context.on("weberror", lambda error: found.errors.append(str(error.error)))
    yield found
    context.close()
    assert found.outside() == []
    assert found.errors == []


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab as a learner starts it, its kernels cut off from the network."""
    folder, notebooks = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Lab(notebooks, f"http://127.0.0.1:{port}", secrets.token_hex(8))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={notebooks}"]
    command += [f"--IdentityProvider.token={found.token}", "--LabApp.expose_app_in_browser=True"]
    command += ["--allow-root"] if hasattr(os, "getuid") and os.getuid() == 0 else []
    log = folder / "log.txt"
    with kernel_environment() as environment, log.open("w") as output:
        process = subprocess.Popen(
            command, env=environment | settings(folder), stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_for(f"{found.address}/api?token={found.token}", process, log)
            yield found
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()  # its kernels end when they see that it is gone
                process.wait()
