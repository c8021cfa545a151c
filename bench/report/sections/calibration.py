"""The section on calibration: whether models are as often right as they are sure."""

from collections.abc import Mapping

from bench.report.content.parts import Section, Titled
from bench.report.content.wording import AT_LARGEST
from bench.report.figures.calibration import ConfidencesByPoint, confidences, reliability
from bench.report.statistics.points import Point
from bench.report.tables.calibration import (
    Floor,
    calibration_floor,
    calibration_table,
    calibration_words,
    mean_error,
)
from bench.report.view import View
from bench.wording import counted


def section(view: View) -> Section | None:
    """Whether models are as often right as they are sure."""
    points = confidences(view.found, view.rows, view.library, view.baseline)
    if not points:
        return None
    text = (
        f"Reliability diagrams on {view.data_name}: share of right answers against confidence, a panel a label count."
    )
    picture = view.draw("calibration", reliability(points, view.rows, view.data_name), text)
    floors = {point: calibration_floor(seeds) for point, seeds in points.items()}
    found = Titled("Expected calibration error", calibration_table(points, floors), name="calibration")
    lines = [f"{AT_LARGEST} An error of 0.1: on average, confidence and accuracy are 10 points apart."]
    said = lines + calibration_words(points, floors, view.name_of)
    return Section("Calibration", said, [picture], [found], finding=_beyond_chance(points, floors))


def _beyond_chance(points: ConfidencesByPoint, floors: Mapping[Point, Floor]) -> str:
    """How many rows are worse calibrated than chance explains, with the most labels."""
    most = max(point.num_labels for point in points)
    some = {point: seeds for point, seeds in points.items() if point.num_labels == most}
    above = sum(mean_error(seeds) > floors[point].most for point, seeds in some.items())
    of = f"{above} of {counted(len(some), 'row')}" if above else "No row"
    return f"{of} {'is' if above < 2 else 'are'} further from calibrated than chance explains, with {most} labels."
