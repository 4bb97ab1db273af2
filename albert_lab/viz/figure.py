"""A figure that says in one sentence what it shows, for those who cannot see it."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Collection
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from albert_lab.viz.drawn import drawn
from albert_lab.viz.labels import DPI


class DescribedFigure(Figure):
    """A matplotlib figure with a ``description``, the alternative text of the notebook output."""

    description = ""

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, str], dict[str, Any]]:
        """What IPython adds to the PNG that it makes of every figure: the description, twice.

        The PNG's metadata ``alt`` is where a notebook file keeps it; JupyterLab 4.6 and nbconvert's "lab"
        template do not read it. They do show the ``alt`` of an ``<img>`` in HTML, so there is one too. The
        metadata ``drawn`` holds the numbers behind the picture, for a reader who cannot see it and for the
        comparison of two runs.
        """
        if not self.description:
            return {}, {}
        metadata = {"image/png": {"alt": self.description, "drawn": drawn(self)}}
        if (include is not None and "text/html" not in include) or "text/html" in (exclude or ()):
            return {}, metadata
        png = io.BytesIO()
        self.savefig(png, format="png", bbox_inches="tight")
        code = base64.b64encode(png.getvalue()).decode()
        image = f'<img alt="{html.escape(self.description)}" src="data:image/png;base64,{code}">'
        return {"text/html": image}, metadata


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[DescribedFigure, Any]:
    """A figure of that many inches with one Axes, or rows by columns of them, as `plt.subplots` gives."""
    options |= {"figsize": (width, height), "dpi": DPI, "layout": "constrained"}
    return plt.subplots(rows, columns, FigureClass=DescribedFigure, **options)
