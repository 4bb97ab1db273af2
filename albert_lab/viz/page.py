"""One self-contained HTML page, and the frame in which a notebook shows it.

Tokens and titles come from anywhere, so three layers keep them from running as programs, each one enough:

1. they stand escaped in the page: as JSON without ``<``, ``>`` and ``&`` in a data block, or as HTML text;
2. a content security policy lets only the scripts run whose sha256 it names, and forbids every connection;
3. in a notebook the page stands in a sandboxed frame without an origin, which reaches nothing outside itself;
   what makes that frame is a program of ours, and what stands beside it has no word of theirs in it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

_STYLE = (Path(__file__).parent / "js" / "view.css").read_text(encoding="utf-8")
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{policy}<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{heading}<p id="guide">{guide}</p>
<div id="view" class="{kind}">
{controls}
</div>
<noscript><p>This view needs JavaScript.</p></noscript>
<script type="application/json" id="data">{data}</script>
{scripts}
</body>
</html>
"""
_PICTURE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{policy}<title>{title}</title>
</head>
<body>
{image}
</body>
</html>
"""
# Makes the frame of every view that has none yet. A frame that stood in the output itself would be written
# out as text, page and all, by exporters that sanitize; they drop attributes.
_MAKE_FRAMES = (Path(__file__).parent / "js" / "frame.js").read_text(encoding="utf-8")
# Exporters that sanitize keep classes and drop styles; nbconvert's pages show nothing of these two classes.
_HIDDEN_IN_EXPORTS = "jp-LastModified-hidden collapse"
_NOT_SHOWN = (
    "The interactive view is not shown: no program runs here. In JupyterLab run the cell again, or choose "
    "Trust Notebook in the command palette (Ctrl+Shift+C)."
)


def build_page(
    scripts: Sequence[str],
    data: dict[str, Any],
    *,
    kind: str,
    title: str,
    heading: str,
    guide: str,
    controls: str,
) -> str:
    """The whole page. The same arguments give the same text.

    Args:
        scripts: JavaScript, run in this order at the end of the page.
        data: what the scripts read from the block with the id "data".
        kind: of the view, for the style.
        title: of the window.
        heading: text above the view; "" for none.
        guide: text that says how to read the view.
        controls: HTML of what the scripts fill, ours and trusted.
    """
    return _PAGE.format(
        policy=policy(scripts),
        title=escaped(title),
        style=_STYLE,
        kind=kind,
        heading=f"<h1>{escaped(heading)}</h1>\n" if heading else "",
        guide=escaped(guide),
        controls=controls,
        data=data_block(data),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def _painted(picture: bytes, description: str) -> str:
    """A PNG as the ground of an element: a sanitizer drops it without a wall of text."""
    width, tall = Image.open(BytesIO(picture)).size
    code = base64.b64encode(picture).decode("ascii")
    paint = f"width:{width}px;max-width:100%;height:{tall}px;background:url(data:image/png;base64,{code})"
    return f'<div title="{escaped(description)}" style="{paint} no-repeat;background-size:contain"></div>\n'


def build_frame(
    page: str, *, description: str, summary: str, height: int, picture: bytes | None = None
) -> str:
    """What a notebook shows: ``page`` in a sandboxed frame, ``height`` pixels high.

    A small program, always the same, makes the frame. Where none runs, because the notebook is not trusted or
    an export is sanitized, a sentence stands there that says so with the ``summary``, which has no word of
    the text in it; where styles are kept, as in JupyterLab, also ``picture``, a PNG.

    What stands in the frame sees nothing of the notebook; the program tells it whether JupyterLab's or VS
    Code's theme is dark, and is told how high the page is.
    """
    return (
        f'<div class="albert-lab-view" data-page="{html.escape(page)}" data-title="{escaped(description)}" '
        f'data-height="{height}">\n'
        f"<div>{escaped(summary)}. {_NOT_SHOWN}</div>\n"
        f"{_painted(picture, description) if picture else ''}"
        f'<div class="{_HIDDEN_IN_EXPORTS}"><script>{_MAKE_FRAMES}</script></div>\n</div>'
    )


def build_picture_page(picture: bytes, description: str) -> str:
    """A page that shows ``picture``, a PNG, and runs nothing."""
    image = _image(picture, description)
    return _PICTURE.format(policy=policy(()), title=escaped(description), image=image)


def _image(picture: bytes, description: str) -> str:
    code = base64.b64encode(picture).decode("ascii")
    return f'<img src="data:image/png;base64,{code}" alt="{escaped(description)}">'


def policy(scripts: Sequence[str]) -> str:
    """The content security policy as a meta element: these scripts, no others, and no connection at all."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"
    rules = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
    rules += "base-uri 'none'; form-action 'none'"
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">\n'


def data_block(data: dict[str, Any]) -> str:
    """``data`` as JSON in ASCII that cannot end the element in which it stands.

    Raises:
        ValueError: NaN or infinity, which JSON does not know.
    """
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def escaped(text: str) -> str:
    """``text`` as HTML text or attribute; what cannot be written as UTF-8 becomes a question mark."""
    return html.escape(text.encode("utf-8", "replace").decode("utf-8"), quote=True)
