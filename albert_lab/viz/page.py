"""One self-contained HTML page, and the frame in which a notebook shows it.

Tokens and titles come from anywhere, so three layers keep them from running as programs, each one enough:

1. they stand escaped in the page: as JSON without ``<``, ``>`` and ``&`` in a data block, or as HTML text;
2. a content security policy lets only the scripts run whose sha256 it names, and forbids every connection;
3. in a notebook the page stands in a sandboxed frame without an origin, which reaches nothing outside itself.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
_INVERTED = (
    "body[data-jp-theme-light='false'] .albert-lab-view iframe,body.vscode-dark .albert-lab-view iframe,"
    "body.vscode-high-contrast .albert-lab-view iframe{filter:invert(1) hue-rotate(180deg)}"
)
_SANDBOX = ' sandbox="allow-scripts"'  # never with allow-same-origin, which would undo it
_NOT_TRUSTED = (
    "Interactive view not shown, because this notebook is not trusted on this computer. To see it, run the "
    "cell again, or choose Trust Notebook in JupyterLab's command palette (Ctrl+Shift+C)."
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


def build_frame(page: str, *, description: str, height: int, picture: bytes | None = None) -> str:
    """What a notebook shows: ``page`` in a sandboxed frame, ``height`` pixels high.

    Where a notebook is not trusted JupyterLab removes the frame and keeps what stands in it; a browser that
    shows the frame never shows that. So in there is what to do, and ``picture``, a PNG, where there is one.

    What stands in the frame sees nothing of the notebook's theme, so the notebook's page applies it: where
    JupyterLab's or VS Code's theme is dark it inverts the drawing, whose paper is transparent.
    """
    return (
        f'<div class="albert-lab-view"><style>{_INVERTED}</style>'
        f'<iframe title="{escaped(description)}"{_SANDBOX} srcdoc="{html.escape(page)}" '
        f'style="width:100%;height:{height}px;border:0">'
        f"<p>{_NOT_TRUSTED}</p>{_image(picture, description) if picture else ''}</iframe></div>"
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
