"""The picture holds the numbers that were given, and bad tables are refused."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from albert_lab.errors import InputError
from albert_lab.viz import table_image


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


def draw(values, **options):
    return table_image(values, rows_name="place", columns_name="feature", **options)


def test_the_image_holds_the_table_with_row_0_at_the_top():
    values = np.arange(12.0).reshape(3, 4)
    figure, axes = draw(values, title="A $table", label="value")
    (image,) = axes.images
    np.testing.assert_array_equal(np.asarray(image.get_array()), values)
    top, bottom = axes.transData.transform([(0, 0), (0, 2)])[:, 1]
    assert top > bottom
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("feature", "place", "A $table")
    assert "3 rows (place) by 4 columns (feature), values from 0 to 11" in figure.description


def test_both_signs_have_the_middle_colour_at_zero():
    _, axes = draw([[-1.0, 3.0]])
    assert axes.images[0].get_clim() == (-3, 3)
    _, axes = draw([[1.0, 3.0]], limits=(0, 4))
    assert axes.images[0].get_clim() == (0, 4)
    _, axes = draw([[2.0, 2.0]])
    assert axes.images[0].get_clim() == (2, 3)


@pytest.mark.parametrize("values", [[1.0, 2.0], [[np.nan]], [[]]])
def test_what_is_no_table_is_refused(values):
    with pytest.raises(InputError):
        draw(values)


def test_limits_must_increase():
    with pytest.raises(InputError, match="limits"):
        draw([[1.0]], limits=(1, 1))
