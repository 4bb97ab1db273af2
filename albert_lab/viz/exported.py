"""Pictures in pages that nbconvert makes: its templates show them without the sentence of each."""

from __future__ import annotations

import base64
import html
import re
from typing import Any

from nbconvert.preprocessors import Preprocessor

SAID = re.compile(r"\s*<svg\b.*?<desc>(.*?)</desc>", re.DOTALL)


class TellPictures(Preprocessor):
    """Gives each plot and drawing of a committed notebook its sentence, as ``alt`` in an exported page.

    In use in JupyterLab's menu under ``albert-lab learn``. In a terminal:
    ``jupyter nbconvert --to html --HTMLExporter.preprocessors=albert_lab.viz.exported.TellPictures NAME``.
    Pages that are sanitized stay as they are: they show no picture in HTML.
    """

    def preprocess_cell(self, cell: Any, resources: Any, index: int) -> tuple[Any, Any]:
        """The cell, whose pictures are HTML with an ``alt``."""
        if not getattr(self.parent, "sanitize_html", False):
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                if "text/html" not in data and (picture := _told(data, output.get("metadata", {}))):
                    data["text/html"] = picture
        return cell, resources


def _told(data: Any, metadata: Any) -> str | None:
    """An output's picture with its sentence, or None if it lacks one of the two."""
    drawing = data.get("image/svg+xml", "")
    if said := SAID.match(drawing):
        return _picture("svg+xml", base64.b64encode(drawing.encode()).decode(), html.unescape(said[1]))
    if "image/png" in data and (alt := metadata.get("image/png", {}).get("alt")):
        return _picture("png", data["image/png"].strip(), alt)
    return None


def _picture(kind: str, coded: str, alt: str) -> str:
    source = f'src="data:image/{kind};base64,{coded}"'
    return f'<img {source} alt="{html.escape(alt)}" style="max-width:100%">'
