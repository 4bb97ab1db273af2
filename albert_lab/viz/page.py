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
from typing import Any

# The font is bertviz's own. 1040 pixels are what the widest view needs; a narrower frame gets a scroll bar.
_STYLE = """
:root { color-scheme: light; }
body { margin: 8px; background: white; color: #202020;
       font-family: 'Helvetica Neue', Helvetica, Arial, sans-serif; }
h1 { font-size: 16px; margin: 0 0 6px; }
p { font-size: 13px; margin: 0 0 8px; color: #505050; }
#bertviz { user-select: none; }
#vis { overflow-x: auto; overflow-y: hidden; }
#vis svg { min-width: WIDTHpx; }
"""
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
{policy}<title>{title}</title>
<style>{style}</style>
</head>
<body>
<!-- Drawn by bertviz 1.4.1 (Apache-2.0, Jesse Vig) with d3 5.7.0 (BSD-3-Clause, Mike Bostock). -->
{heading}<p>{guide}</p>
<div id="bertviz"><span>{controls}</span><div id="vis"></div></div>
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
_SANDBOX = ' sandbox="allow-scripts"'  # never with allow-same-origin, which would undo it
_NOT_TRUSTED = (
    "Interactive view not shown, because this notebook is not trusted on this computer. To see it, run the "
    "cell again, or choose Trust Notebook in JupyterLab's command palette (Ctrl+Shift+C)."
)


def build_page(
    scripts: Sequence[str],
    data: dict[str, Any],
    *,
    title: str,
    heading: str,
    guide: str,
    controls: str,
    width: int,
) -> str:
    """The whole page. The same arguments give the same text.

    Args:
        scripts: JavaScript, run in this order at the end of the page.
        data: what the scripts read from the block with the id "data".
        title: of the window.
        heading: text above the view; "" for none.
        guide: text that says how to read the view.
        controls: HTML of the selects above the drawing, ours and trusted.
        width: pixels that the drawing needs.
    """
    return _PAGE.format(
        policy=policy(scripts),
        title=escaped(title),
        style=_STYLE.replace("WIDTH", str(width)),
        heading=f"<h1>{escaped(heading)}</h1>\n" if heading else "",
        guide=escaped(guide),
        controls=controls,
        data=data_block(data),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


def build_frame(page: str, *, description: str, height: int, picture: bytes) -> str:
    """What a notebook shows: ``page`` in a sandboxed frame, ``height`` pixels high.

    Where a notebook is not trusted JupyterLab removes the frame and keeps what stands in it; a browser that
    shows the frame never shows that. So in there is what to do, and ``picture``, a PNG.
    """
    return (
        f'<div><iframe title="{escaped(description)}"{_SANDBOX} srcdoc="{html.escape(page)}" '
        f'style="width:100%;height:{height}px;border:0">'
        f"<p>{_NOT_TRUSTED}</p>{_image(picture, description)}</iframe></div>"
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
