"""Where this environment's versions differ from ``constraints.txt``: ``python -m tools.versions``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parents[1] / "constraints.txt"


def differences(constraints: Path = CONSTRAINTS) -> list[tuple[str, str, str]]:
    """Name, version in the file and installed version of each package that is here in another version."""
    found = []
    for line in constraints.read_text(encoding="utf-8").splitlines():
        name, _, fixed = line.partition("==")
        if not fixed:
            continue
        try:
            here = version(name)
        except PackageNotFoundError:
            continue
        if here.partition("+")[0] != fixed:  # torch's 2.13.0+cpu is a 2.13.0
            found.append((name, fixed, here))
    return found


if __name__ == "__main__":
    changed = differences()
    print(f"{len(changed)} packages in another version than in constraints.txt.")
    for name, fixed, here in changed:
        print(f"  {name}: {fixed} there, {here} here")
