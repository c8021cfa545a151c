"""Numbers as they are written."""

import pytest

from bench.report.content.wording import difference_text, number_text
from bench.report.figures.heatmap_cells import Number, written


@pytest.mark.parametrize("digits", [0, 2, 3, 4])
@pytest.mark.parametrize("number", [-0.0, -1e-9, 1e-9, 0.0])
def test_nothing_has_no_sign(number, digits):
    zero = f"{0:.{digits}f}"
    assert number_text(number, digits) == difference_text(number, digits) == zero
    assert written(Number(number, float("nan"), 1, 1, signed=True)) == "0.00"
    assert written(Number(number, float("nan"), 1, 1)) == "0.00"


def test_what_is_more_than_nothing_keeps_its_sign():
    assert (number_text(-0.0006), difference_text(0.0006), difference_text(-0.0006)) == ("-0.001", "+0.001", "-0.001")
    assert (number_text(1234.5, 1), difference_text(10.0, 0), number_text(100.0, 0)) == ("1,234.5", "+10", "100")
    assert difference_text(float("nan")) == ""
