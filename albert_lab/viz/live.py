"""A picture that is drawn again while something runs."""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure


class LiveFigure:
    """One place in a notebook's output in which each figure replaces the one before.

    What is left at the end, and in the saved notebook, is the last one.
    """

    def __init__(self) -> None:
        self._place: Any = None

    def show(self, figure: Figure) -> None:
        """Show `figure` in this place, and close it: the notebook does not draw it a second time."""
        from IPython.display import display

        plt.close(figure)
        if self._place is None:
            self._place = display(figure, display_id=True)  # None outside a notebook
        else:
            self._place.update(figure)
