"""A picture with sliders where a kernel runs, and the same picture standing still where none does."""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping, Sequence
from io import BytesIO
from typing import Any

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from albert_lab.errors import InputError
from albert_lab.viz.drawn import drawn
from albert_lab.viz.labels import plain

Draw = Callable[..., tuple[Figure, Any]]


class Sliders:
    """What a notebook shows: a slider for each choice, and below them the picture, drawn anew on each move.

    The output also holds the picture at the start values as a PNG, for where widgets are not shown.
    """

    def __init__(self, draw: Draw, choices: Mapping[str, tuple[Sequence[Any], Any]]) -> None:
        self._draw, self._choices = draw, choices
        self.start = {name: start for name, (_, start) in choices.items()}

    def widget(self) -> Any:
        """An ipywidgets box: the sliders in the order of the choices, then the picture."""
        import ipywidgets

        moved = {
            name: ipywidgets.SelectionSlider(options=list(values), value=start, description=plain(name))
            for name, (values, start) in self._choices.items()
        }
        picture = ipywidgets.Image(value=self._picture(self.start)[0], format="png")

        def redraw(_: object) -> None:
            picture.value = self._picture({name: slider.value for name, slider in moved.items()})[0]

        for slider in moved.values():
            slider.observe(redraw, names="value")
        return ipywidgets.VBox([*moved.values(), picture])

    def _picture(self, values: Mapping[str, Any]) -> tuple[bytes, dict[str, Any]]:
        """The PNG for these values, always the same bytes for the same picture, and what it shows."""
        figure, _ = self._draw(**values)
        png = BytesIO()
        try:
            figure.savefig(png, format="png", bbox_inches="tight", metadata={"Software": None})
        finally:
            plt.close(figure)
        return png.getvalue(), {"alt": getattr(figure, "description", ""), "drawn": drawn(figure)}

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        png, said = self._picture(self.start)
        places = ", ".join(f"{name} = {value}" for name, value in self.start.items())
        still = {"image/png": base64.b64encode(png).decode(), "text/plain": f"sliders at {places}"}
        return self.widget()._repr_mimebundle_() | still, {"image/png": said}


def sliders(draw: Draw, **choices: tuple[Sequence[Any], Any]) -> Sliders:
    """Let the reader move the arguments of a drawing function.

    >>> sliders(draw, E=([64, 128, 256], 128), H=([768, 1024], 768))  # doctest: +SKIP

    Args:
        draw: called with a value for each choice, by name; returns (figure, axes). It must be quick.
        choices: for each argument of ``draw`` the values it may take, in order, and the one to start with.

    Raises:
        InputError: nothing to choose, or a start that is not among the values.
    """
    wrong = [name for name, (values, start) in choices.items() if start not in list(values)]
    if wrong or not choices:
        raise InputError(
            f"sliders for {sorted(choices) or 'nothing'}; without their start value: {wrong}.",
            expected="for each argument the values to choose from and one of them to start with",
            mend="for instance sliders(draw, E=([64, 128, 256], 128))",
        )
    return Sliders(draw, choices)
