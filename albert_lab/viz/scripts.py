"""The JavaScript that an interactive view consists of: d3, our two small files, and bertviz's own, unchanged.

d3 5.7.0 (BSD-3-Clause, Mike Bostock) is read from the installed mpld3, the views' scripts (Apache-2.0, Jesse
Vig) from the installed bertviz. Neither package is imported.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from importlib.util import find_spec
from pathlib import Path

from albert_lab.errors import AlbertLabError

# sha256 of the files that our own scripts were written for and tested with.
KNOWN = {
    "d3.v5.min.js": "bdad5585ef9a965ff25458738309b006058c55f2c78d794d25fbecae35014609",
    "head_view.js": "32885444af280c1745d0552da79d8dbad6ce52b5a6b4bd1ef5384cc4a917d7c0",
    "model_view.js": "a22b6b559eebfb3898ff9b45930ca7a16f9e5fe9040b968d92e8c10991ea353c",
    "neuron_view.js": "87a134cd9eaa05a26538f1297708dc03970a9d55c45fda749f75985d1994a9f4",
}
TESTED = "bertviz==1.4.1 mpld3==0.5.12"
_OURS = Path(__file__).parent / "js"


def scripts_of(view: str) -> list[str]:
    """The scripts of the "head", "model" or "neuron" view, in the order in which a page runs them.

    Warns if a package has brought another file than the tested one.

    Raises:
        AlbertLabError: a package or its file is not there, d3 has another interface than bertviz calls, or a
            script cannot stand inside a page.
    """
    d3 = _read("mpld3", "js/d3.v5.min.js")
    version = re.match(r"// https://d3js.org v(\d+)", d3)
    if not version or version[1] not in ("4", "5"):
        raise AlbertLabError(
            f"mpld3 brings a d3 that begins with {d3[:40]!r}.",
            expected="d3 4 or 5: from 6 on its handlers get other arguments than bertviz takes",
            mend=f"pip install {TESTED}",
        )
    ours = [(_OURS / name).read_text(encoding="utf-8") for name in ("loader.js", "data.js")]
    return [d3, *ours, _read("bertviz", f"{view}_view.js")]


def _read(package: str, name: str) -> str:
    """The text of a package's file. Pages are hashed as a browser reads them, so nothing in it may change."""
    found = find_spec(package)
    folders = found.submodule_search_locations if found else None
    path = Path(folders[0] if folders else package, name)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise AlbertLabError(
            f"the interactive views need {name} of the package {package}, which is not there.",
            mend=f"pip install {TESTED}; or save the static picture, .save('view.png')",
        ) from error
    if hashlib.sha256(content).hexdigest() != KNOWN[path.name]:
        warnings.warn(
            f"{path.name} of {package} is not the file that albert-lab was tested with. If the view stays "
            f"empty: pip install {TESTED}",
            stacklevel=2,
        )
    if re.search(rb"</script|<!--|\r|\0", content, re.IGNORECASE):
        raise AlbertLabError(
            f"{path.name} of {package} cannot stand inside a page.", mend=f"pip install {TESTED}"
        )
    return content.decode("utf-8")
