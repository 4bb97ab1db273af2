"""What is installed, which model and corpus are used, what works offline, and how to mend what does not.

Nothing here may crash on a broken installation: it only needs the standard library, every section is
guarded, and torch and the model are tried in a process of their own.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from albert_lab.paths import cache_dir, is_folder

PROBE_SECONDS = 300
REINSTALL = "install albert-lab again, from where you got it, with: python -m pip install --force-reinstall"
_STATES = ("ok", "note", "problem")

# Runs alone, with the hub switched off. Prints one JSON object; what failed is told, not raised.
_PROBE = """
import json, os, warnings
warnings.simplefilter("ignore")
told = {}
try:
    import torch
    told["torch"] = torch.__version__
    told["threads"] = torch.get_num_threads()
    if torch.cuda.is_available():
        told["gpu"] = torch.cuda.get_device_name(0)
    elif torch.backends.mps.is_available():
        told["gpu"] = "Apple GPU (mps)"
    import albert_lab
    loaded = albert_lab.load()
    told["parameters"] = sum(parameter.numel() for parameter in loaded.model.parameters())
    texts = ["Copy a file into another folder.", "Sort the numbers of a list."]
    told["embedding"] = int(albert_lab.embed(texts).shape[-1])
except BaseException as error:
    told["error"] = f"{type(error).__name__}: {getattr(error, 'what', error)}"
    told["mend"] = getattr(error, "mend", "")
print("albert-lab-probe" + json.dumps(told))
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        topic: the section that it stands in.
        name: what was looked at.
        state: "ok", "note" (works, but worth knowing) or "problem" (something needed is broken).
        value: what was found.
        advice: what to do about it; empty where nothing is to be done.
    """

    topic: str
    name: str
    state: str
    value: str
    advice: str = ""

    def __post_init__(self) -> None:
        if self.state not in _STATES:
            raise ValueError(f"state {self.state!r} is none of {_STATES}")


def examine(*, probe: bool = True) -> list[Finding]:
    """Look at everything; ``probe=False`` leaves out what loads torch and the model (seconds)."""
    sections: list[Callable[[], Iterator[Finding]]] = [_machine, _packages, _notebooks, _cache, _corpus, _hub]
    if probe:
        sections.append(_model)
    return [finding for section in sections for finding in _guarded(section)]


def broken(findings: list[Finding]) -> bool:
    """Whether something that is needed does not work."""
    return any(finding.state == "problem" for finding in findings)


def as_data(findings: list[Finding]) -> dict[str, object]:
    """The findings for programs: ``{"ok": bool, "findings": [{topic, name, state, value, advice}]}``."""
    return {"ok": not broken(findings), "findings": [vars(finding) for finding in findings]}


def as_text(findings: list[Finding]) -> str:
    """The findings for people: one section per topic, advice under what needs it; a summary last."""
    lines: list[str] = []
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            lines += ["", topic]
        lines.append(f"  {finding.state:<8} {finding.name}: {finding.value}")
        if finding.advice:
            lines.append(f"           -> {finding.advice}")
    problems = sum(finding.state == "problem" for finding in findings)
    told = {0: "Everything that is needed works.", 1: "1 problem: see the line above that begins with it."}
    lines += ["", told.get(problems, f"{problems} problems: see the lines above that begin with it.")]
    return "\n".join(lines[1:])


def _guarded(section: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Run a section; an unforeseen failure in it becomes a finding instead of a crash."""
    try:
        yield from section()
    except Exception as error:
        topic = section.__name__.strip("_").capitalize()
        told = f"could not be looked at ({type(error).__name__}: {error})"
        yield Finding(topic, "this section", "problem", told, REINSTALL)


def _machine() -> Iterator[Finding]:
    topic = "Machine"
    found = sys.version_info[:2]
    advice = "" if found >= (3, 11) else "install Python 3.11 or newer"
    state = "problem" if advice else "ok"
    yield Finding(topic, "Python", state, f"{platform.python_version()} at {sys.executable}", advice)
    yield Finding(topic, "system", "ok", f"{platform.system()} {platform.release()}, {platform.machine()}")
    usable = getattr(os, "sched_getaffinity", None)
    cores = len(usable(0)) if usable else os.cpu_count() or 1
    yield Finding(topic, "processor cores", "ok", str(cores))
    memory = _memory_bytes()
    if memory is not None:
        advice = "close other programs before the larger chapters" if memory < 4e9 else ""
        yield Finding(topic, "memory", "note" if advice else "ok", f"{memory / 1e9:.1f} GB", advice)


def _memory_bytes() -> int | None:
    """Memory of the machine or, if that is less, of the container; None where it is not told."""
    try:
        sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    except (AttributeError, ValueError, OSError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and (text := limit.read_text().strip()).isdigit():
        sizes.append(int(text))
    return min(sizes)


def _packages() -> Iterator[Finding]:
    try:
        here = metadata.distribution("albert-lab")
    except metadata.PackageNotFoundError:
        advice = "in the repository: python -m pip install -e ."
        yield Finding("Packages", "albert-lab", "problem", "importable but not installed", advice)
        return
    place = Path(__file__).resolve().parent
    yield Finding("Packages", "albert-lab", "ok", f"{here.version} at {place}")
    from packaging.requirements import Requirement

    for text in here.requires or ():
        requirement = Requirement(text)
        extra = _extra_of(requirement.marker)
        if requirement.name != "albert-lab" and extra in ("", "corpus"):
            yield _package(requirement.name, requirement.specifier, extra)


def _extra_of(marker: object) -> str:
    """The extra that a requirement belongs to; "" for what every user needs."""
    text = str(marker or "")
    return text.split("extra ==")[1].strip().strip("\"'") if "extra ==" in text else ""


def _package(name: str, wanted: object, extra: str) -> Finding:
    """Compare the installed version with what albert-lab asks for (``wanted``: a packaging SpecifierSet)."""
    lacking, install = "note" if extra else "problem", f"{sys.executable} -m pip install '{name}{wanted}'"
    purpose = f", for the extra '{extra}'" if extra else ""
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return Finding("Packages", name, lacking, f"not installed (needed: {wanted}{purpose})", install)
    if not wanted.contains(version, prereleases=True):  # type: ignore[attr-defined]
        return Finding("Packages", name, lacking, f"{version}, but {wanted} is needed{purpose}", install)
    return Finding("Packages", name, "ok", f"{version} ({wanted}{purpose})")


def _notebooks() -> Iterator[Finding]:
    from importlib.util import find_spec

    from albert_lab.errors import AlbertLabError
    from albert_lab.learn import find_course

    for module, purpose in (("jupyterlab", "opens the chapters"), ("ipykernel", "runs their cells")):
        there = find_spec(module) is not None
        advice = "" if there else f"{sys.executable} -m pip install {module}"
        value = f"found, {purpose}" if there else f"not found; it {purpose}"
        yield Finding("Notebooks", module, "ok" if there else "problem", value, advice)
    try:
        course = find_course()
    except AlbertLabError as error:
        yield Finding("Notebooks", "chapters", "problem", error.what, error.mend)
        return
    count = sum(name.startswith("chapters/") and name.endswith(".ipynb") for name, _ in course.files())
    yield Finding("Notebooks", "chapters", "ok", f"{count} at {course.root / 'chapters'}")


def _cache() -> Iterator[Finding]:
    import tempfile

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        advice = "set ALBERT_LAB_CACHE to a folder that you may write to"
        yield Finding("Cache", str(folder), "problem", f"cannot be written ({error.strerror})", advice)
        return
    advice = "free some space; an index needs about 200 MB" if free < 1e9 else ""
    state = "note" if advice else "ok"
    yield Finding("Cache", str(folder), state, f"can be written, {free / 1e9:.1f} GB free", advice)


def _corpus() -> Iterator[Finding]:
    files = sorted((cache_dir() / "corpus").glob("*.parquet"))
    if not files:
        advice = "albert-lab corpus build --package stdlib (half a minute, no network)"
        yield Finding("Corpus", "documentation of Python packages", "note", "not built yet", advice)
    for path in files:
        yield Finding("Corpus", path.name, "ok", f"{path.stat().st_size / 1e6:.1f} MB at {path.parent}")


def _hub() -> Iterator[Finding]:
    topic = "Model hub (never needed)"
    switches = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    off = [name for name in switches if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")]
    value = f"switched off by {', '.join(off)}" if off else "asked only for a model that you name"
    yield Finding(topic, "access", "ok", value)
    from huggingface_hub.constants import HF_HUB_CACHE

    names = [path.name.removeprefix("models--") for path in sorted(Path(HF_HUB_CACHE).glob("models--*"))]
    listed = ", ".join(name.replace("--", "/") for name in names[:10]) or "none"
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    yield Finding(topic, "models of the hub that work offline", "ok", listed + more)


def _model() -> Iterator[Finding]:
    """Import torch, load the model and embed a sentence, hub switched off, in a process of its own."""
    topic, chosen = "Model", os.environ.get("ALBERT_LAB_MODEL", "")
    name = f"{chosen} (chosen by ALBERT_LAB_MODEL)" if chosen else "docs-mini (built in)"
    told = run_probe()
    if "torch" in told:
        gpu = told.get("gpu", "none; the course needs none, everything runs on the processor")
        yield Finding(topic, "torch", "ok", f"{told['torch']}, {told.get('threads')} threads")
        yield Finding(topic, "GPU", "ok", str(gpu))
    if "embedding" in told:
        width = told["embedding"]
        value = f"{told['parameters']:,} parameters; embedded a sentence to {width} numbers, offline"
        yield Finding(topic, name, "ok", value)
        return
    advice = REINSTALL
    if chosen:
        mend = told.get("mend", "") if is_folder(chosen) else "load that model once with a network"
        advice = "; or ".join(filter(None, [str(mend), "unset ALBERT_LAB_MODEL to use docs-mini"]))
    elif "torch" not in told:
        advice = f"{sys.executable} -m pip install --force-reinstall torch"
    error = " ".join(str(told.get("error", "no answer")).split())
    yield Finding(topic, name, "problem", f"does not work offline ({error})", advice)


def run_probe(code: str = _PROBE, seconds: float = PROBE_SECONDS) -> dict[str, object]:
    """Run ``code`` in a fresh Python with the hub switched off; a crash or a hang comes back as "error"."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1"}
    command = [sys.executable, "-P", "-c", code]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {seconds:g} seconds"}
    for line in done.stdout.splitlines():
        if line.startswith("albert-lab-probe"):
            return json.loads(line.removeprefix("albert-lab-probe"))
    last = (done.stderr.strip().splitlines() or ["nothing was said"])[-1]
    return {"error": f"Python ended with status {done.returncode}: {last}"}


def main() -> int:
    """``python -m albert_lab.doctor``: the same where even the command line's own packages are missing."""
    findings = examine()
    print(as_text(findings))
    return int(broken(findings))


if __name__ == "__main__":
    sys.exit(main())
