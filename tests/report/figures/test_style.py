import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from bench.report.figures import style
from bench.report.figures.heatmap import heatmap
from bench.report.figures.scaling import scaling_curves
from bench.report.figures.style import SMALL, row_styles, save, text_width, wrapped
from bench.report.inputs.frame import cells_frame
from tests.report import simulate


def test_rows_can_be_told_apart_without_colours_and_without_markers():
    looks = list(row_styles(f"row {number}" for number in range(28)).values())
    assert len({(look.colour, look.marker) for look in looks}) == 28
    assert len({(look.colour, look.line) for look in looks}) == 28
    assert len({(look.marker, look.line) for look in looks}) == 28


def test_styles_depend_on_the_place_alone():
    assert row_styles(["a", "b"])["b"] == row_styles(["x", "y", "z"])["y"]


def test_the_same_figure_gives_the_same_files_and_no_date(tmp_path):
    cells = simulate.grid(tmp_path / "cells", [("a$b$c", "lora"), ("tfidf_sgd", None)])
    simulate.run(cells[:5])
    frame = cells_frame(cells)
    for draw in (heatmap, scaling_curves):
        contents = []
        for name in ("first", "second"):
            paths = save(draw(frame, "test_accuracy"), tmp_path, name)
            contents.append([path.read_bytes() for path in paths])
        assert contents[0] == contents[1]
        assert contents[0][0].startswith(b"\x89PNG")
        assert b"<dc:date>" not in contents[0][1]


def test_a_users_matplotlibrc_changes_nothing(tmp_path):
    cells = simulate.grid(tmp_path / "cells", [("tfidf_sgd", None)])
    simulate.run(cells)
    plain = save(heatmap(cells_frame(cells), "test_accuracy"), tmp_path, "plain")
    with matplotlib.rc_context({"ytick.major.size": 20, "axes.labelsize": 30}):
        theirs = save(heatmap(cells_frame(cells), "test_accuracy"), tmp_path, "theirs")
    assert [path.read_bytes() for path in plain] == [path.read_bytes() for path in theirs]


def test_saving_empties_the_figure_and_leaves_no_other_files(tmp_path):
    cells = simulate.grid(tmp_path / "cells", [("tfidf_sgd", None)])
    figure = heatmap(cells_frame(cells), "test_accuracy")
    (tmp_path / "figures").mkdir()
    save(figure, tmp_path / "figures", "one")
    assert not figure.axes
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == ["one.png", "one.svg"]


def test_wrapping_keeps_every_word_and_breaks_what_is_too_long():
    text = "a few words and-one-that-is-much-too-long-for-a-line-of-this-width here"
    lines = wrapped(text, 1.0, SMALL).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) > 2
    assert all(text_width(line, SMALL) <= 1.0 for line in lines)


@pytest.mark.parametrize("ground", ["#ffffff", "#1b1b1e"])
def test_colours_can_be_told_from_the_page_in_both_themes(ground):
    def luminance(colour: str) -> float:
        parts = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
        return float(np.dot([0.2126, 0.7152, 0.0722], list(parts)))

    for colour in style.COLOURS:
        low, high = sorted((luminance(colour), luminance(ground)))
        assert (high + 0.05) / (low + 0.05) >= 3, colour
