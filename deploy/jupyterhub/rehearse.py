"""Play one lesson on JupyterHub, with real processes and accounts, through headless Chromium, on 127.0.0.1.

python deploy/jupyterhub/rehearse.py [FOLDER FOR PICTURES]

Needs root, jupyterhub, configurable-http-proxy and playwright. Two learners fetch an assignment, answer it
and hand it in; one of them cheats. A teacher collects, grades, and gives feedback with formgrader's buttons;
the learners read it. The accounts live in a mount namespace of this script's own: /etc/passwd is left alone.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

ACCOUNTS = {"grader": 61501, "ada": 61502, "ann": 61503, "bob": 61504}
PORT = 18000
HUB = f"http://127.0.0.1:{PORT}"
CHEAT = "lab.check = lambda *a, **k: True"
OVERRIDES = """
load_subconfig({config!r})
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.bind_url = {hub!r}
c.JupyterHub.hub_port = {port} + 1
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{port_api}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
"""


def accounts_of_our_own(folder: Path) -> dict[str, Path]:
    """In a mount namespace: accounts with homes below a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x20000) or libc.mount(None, b"/", None, ctypes.c_ulong(16384 | 1 << 18), None):
        raise OSError(ctypes.get_errno(), "a mount namespace needs root")
    homes = {name: folder / "home" / name for name in ACCOUNTS}
    for name, line in (
        ("passwd", "{0}:x:{1}:{1}::{2}:/bin/sh\n"),
        ("group", "{0}:x:{1}:\n"),
    ):
        own = folder / name
        more = "".join(line.format(who, number, homes[who]) for who, number in ACCOUNTS.items())
        own.write_text(Path("/etc", name).read_text() + more)
        own.chmod(0o644)
        if libc.mount(str(own).encode(), f"/etc/{name}".encode(), None, ctypes.c_ulong(4096), None):
            raise OSError(ctypes.get_errno(), f"mount /etc/{name}")
    for who, home in homes.items():
        home.mkdir(parents=True)
        os.chown(home, ACCOUNTS[who], ACCOUNTS[who])
        home.chmod(0o700 if who == "grader" else 0o711)
    return homes


def as_account(name: str, home: Path, *command: str) -> None:
    """Run a command as an account, and wait for it."""
    environment = {"HOME": str(home), "LANG": "C.UTF-8", "PYTHONPATH": str(REPOSITORY)}
    environment["PATH"] = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    number = ACCOUNTS[name]
    subprocess.run(command, cwd=home, env=environment, user=number, group=number, extra_groups=[], check=True)


def source(folder: Path) -> None:
    """The course's first assignment alone: one lesson is enough."""
    name = "01_attention_formula"
    shutil.copytree(REPOSITORY / "exercises" / "source" / name, folder / "source" / name)
    shutil.copy(REPOSITORY / "exercises" / "nbgrader_config.py", folder)
    (folder / "class.csv").write_text("ann,Ann,Lee\nbob,Bob,Moss\n")


def hub(folder: Path, homes: dict[str, Path]) -> subprocess.Popen:
    """Start the hub of this folder's configuration, with ports and files of its own."""
    config = folder / "jupyterhub_config.py"
    proxy = shutil.which("configurable-http-proxy") or sys.exit("configurable-http-proxy is not on PATH")
    ours = Path(__file__).with_name("jupyterhub_config.py")
    ports = {"hub": HUB, "port": PORT, "port_api": PORT + 2}
    config.write_text(OVERRIDES.format(config=str(ours), proxy=proxy, folder=folder, **ports))
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    own = {
        "ALBERT_LAB_COURSE": str(homes["grader"] / "course"), "ALBERT_LAB_EXCHANGE": str(exchange),
        "ALBERT_LAB_TEACHERS": "ada", "ALBERT_LAB_LEARNERS": "ann bob", "PYTHONPATH": str(REPOSITORY),
    }  # fmt: skip
    log = (folder / "hub.log").open("w")
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **own}, stdout=log, stderr=log)
    for _ in range(120):
        time.sleep(0.5)
        try:
            urllib.request.urlopen(f"{HUB}/hub/api", timeout=5)
        except OSError:
            if process.poll() is not None:
                sys.exit((folder / "hub.log").read_text()[-4000:])
            continue
        return process
    sys.exit("the hub did not start")


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, browser: Any, name: str, pictures: Path | None) -> None:
        self.name, self.pictures = name, pictures
        self.page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        self.page.set_default_timeout(60_000)
        self.page.goto(f"{HUB}/hub/login")
        self.page.fill("input[name=username]", name)
        self.page.fill("input[name=password]", "x")
        self.page.click("input[type=submit]")
        self.page.wait_for_url(lambda url: "/login" not in url)

    def picture(self, what: str) -> None:
        if self.pictures is not None:
            self.page.screenshot(path=str(self.pictures / f"{self.name}_{what}.png"))

    def close_the_note(self) -> None:
        """What formgrader says after each of its buttons."""
        self.page.click(".modal-footer button >> visible=true")
        self.page.wait_for_function(
            "![...document.querySelectorAll('.modal')].some(one => getComputedStyle(one).display != 'none')"
        )
        self.page.wait_for_timeout(600)  # it fades

    def at_work(self) -> None:
        """Their server, with nbgrader's list of assignments."""
        self.page.goto(f"{HUB}/hub/spawn/{self.name}")
        self.page.wait_for_url(f"{HUB}/user/{self.name}/lab**")
        self.page.click("text=Nbgrader >> nth=0")
        self.page.click("text=Assignment List >> nth=0")

    def api(self, path: str, method: str = "GET", data: Any = None) -> Any:
        """What the page itself would ask its server."""
        cookies = {one["name"]: one["value"] for one in self.page.context.cookies(f"{HUB}/user/{self.name}/")}
        answer = self.page.request.fetch(
            f"{HUB}/user/{self.name}/{path}", method=method, data=data,
            headers={"X-XSRFToken": cookies.get("_xsrf", ""), "Content-Type": "application/json"},
        )  # fmt: skip
        assert answer.ok, (answer.status, answer.text()[:500])
        return answer.json()


def answered(released: dict[str, Any], *, cheats: bool) -> dict[str, Any]:
    """What a learner makes of the notebook that was fetched: right answers, or one line."""
    path = REPOSITORY / "exercises/source/01_attention_formula/01_attention_formula.ipynb"
    right = {
        cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
        for cell in json.loads(path.read_text())["cells"]
        if cell["metadata"].get("nbgrader")
    }
    for cell in released["cells"]:
        own = cell["metadata"].get("nbgrader", {})
        if own.get("solution") and cell["cell_type"] == "code":
            cell["source"] = CHEAT if cheats else right[own["grade_id"]]
    return released


def lesson(browser: Any, homes: dict[str, Path], pictures: Path | None) -> None:
    """From login to feedback."""
    name = "01_attention_formula"
    ada = Person(browser, "ada", pictures)
    ada.page.goto(f"{HUB}/services/albert-lab/formgrader")
    ada.page.wait_for_selector("td.name")
    ada.page.click("td.assign a, td.generate a, td .glyphicon-education")
    ada.close_the_note()
    ada.page.click("td .glyphicon-cloud-upload")
    ada.close_the_note()
    ada.page.wait_for_selector("text=released")
    ada.picture("released")

    for who in ("ann", "bob"):
        learner = Person(browser, who, pictures)
        learner.at_work()
        learner.page.click(".btn:has-text('Fetch') >> visible=true")
        learner.page.wait_for_selector(".btn:has-text('Submit') >> visible=true")
        contents = f"api/contents/{name}/{name}.ipynb"
        fetched = learner.api(contents)["content"]
        assert "BEGIN SOLUTION" not in json.dumps(fetched)
        model = {"type": "notebook", "format": "json", "content": answered(fetched, cheats=who == "bob")}
        learner.api(contents, "PUT", json.dumps(model))
        learner.page.click(".btn:has-text('Submit') >> visible=true")
        learner.page.wait_for_selector("text=/20\\d\\d-\\d\\d-\\d\\d/")
        learner.picture("submitted")
        refused = learner.page.request.get(f"{HUB}/services/albert-lab/formgrader")
        assert refused.status == 403, f"{who} sees formgrader: {refused.status}"
        assert learner.page.request.get(f"{HUB}/user/{who}/formgrader").status == 404
        learner.page.context.close()

    ada.page.reload()
    ada.page.wait_for_selector("td.name")
    ada.page.click("td .glyphicon-cloud-download")
    ada.close_the_note()
    ada.page.goto(f"{HUB}/services/albert-lab/formgrader/manage_submissions/{name}")
    for number in range(2):
        ada.page.click(f"td.autograde .glyphicon-flash >> nth={number}")
        ada.close_the_note()
    ada.page.reload()
    ada.page.wait_for_selector("td.score")
    ada.picture("graded")
    scores = {
        row.query_selector("td.student-id").inner_text(): row.query_selector("td.score").inner_text()
        for row in ada.page.query_selector_all("tbody tr")
    }
    print("points:", scores)
    assert scores["ann"].startswith("11"), scores
    assert scores["bob"].startswith("0"), scores
    ada.page.goto(f"{HUB}/services/albert-lab/formgrader/gradebook/{name}/{name}")
    ada.page.click("td.name a >> nth=0")
    ada.page.wait_for_selector(".nbgrader_cell input.score >> nth=0")
    ada.picture("submission")
    ada.page.goto(f"{HUB}/services/albert-lab/formgrader/manage_submissions/{name}")
    for button in ("glyphicon-comment", "glyphicon-envelope"):
        for number in range(2):
            ada.page.click(f"td .{button} >> nth={number}")
            ada.close_the_note()

    for who in ("ann", "bob"):
        learner = Person(browser, who, pictures)
        learner.at_work()
        learner.page.click("text=Fetch Feedback >> visible=true")
        learner.page.wait_for_selector("text=View Feedback >> visible=true")
        learner.picture("feedback")
        (page,) = (homes[who] / name / "feedback").rglob("*.html")
        text = page.read_text()
        assert "<script" not in text.lower()
        assert "hidden tests" not in text.lower()
        print(who, "has feedback of", len(text), "signs")
        learner.page.context.close()


def main() -> None:
    """Play the lesson; everything that was started ends with it."""
    from playwright.sync_api import sync_playwright

    from tests.browser.find import launch

    pictures = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else None
    folder = Path(tempfile.mkdtemp(prefix="hub-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        homes = accounts_of_our_own(folder)
        sources = folder / "sources"
        sources.mkdir()
        source(sources)
        words = ("init", "course", "--source", str(sources), "--students", str(sources / "class.csv"))
        as_account("grader", homes["grader"], sys.executable, "-m", "albert_lab", "classroom", *words)
        process = hub(folder, homes)
        try:
            with sync_playwright() as playwright:
                lesson(launch(playwright), homes, pictures)
        except BaseException:
            print((folder / "hub.log").read_text()[-6000:])
            raise
        finally:
            process.terminate()
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
