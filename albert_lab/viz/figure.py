"""A figure that says in one sentence what it shows, for those who cannot see it."""

from __future__ import annotations

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
        """The metadata ``alt`` of the PNG that IPython makes of every figure: the description.

        There is no ``<img>`` in HTML beside the PNG: exporters prefer HTML to a PNG, and one that sanitizes
        it (``nbconvert --sanitize-html``) shows an ``<img>`` as a wall of base64. The metadata ``drawn``
        holds the numbers behind the picture, for a reader who cannot see it and for comparing two runs.
        """
        if not self.description:
            return {}, {}
        return {}, {"image/png": {"alt": self.description, "drawn": drawn(self)}}


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[DescribedFigure, Any]:
    """A figure of that many inches with one Axes, or rows by columns of them, as `plt.subplots` gives."""
    options |= {"figsize": (width, height), "dpi": DPI, "layout": "constrained"}
    return plt.subplots(rows, columns, FigureClass=DescribedFigure, **options)
