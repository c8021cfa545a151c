"""The section on calibration: whether models are as often right as they are sure."""

from collections.abc import Mapping

from bench.kind import MULTI_LABEL, SINGLE_LABEL, Kind
from bench.report.content.parts import Section, Titled
from bench.report.content.wording import AT_LARGEST
from bench.report.figures.calibration import TERMS, ConfidencesByPoint, confidences, reliability
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

AN_ERROR: Mapping[Kind, str] = {
    SINGLE_LABEL: "An error of 0.1: on average, confidence and accuracy are 10 points apart.",
    MULTI_LABEL: "Of every text and label. An error of 0.1: on average, probability and share of texts with the "
    "label are 10 points apart. Rare labels are seldom probable, so that the error is small for all.",
}


def section(view: View) -> Section | None:
    """Whether models are as often right as they are sure."""
    points = confidences(view.found, view.rows, view.library, view.baseline)
    if not points:
        return None
    terms = TERMS[view.kind]
    text = f"Reliability diagrams on {view.data_name}: {terms.right} against {terms.sure}, a panel a label count."
    picture = view.draw("calibration", reliability(points, view.rows, view.data_name, terms), text)
    floors = {point: calibration_floor(seeds) for point, seeds in points.items()}
    found = Titled("Expected calibration error", calibration_table(points, floors, terms), name="calibration")
    lines = [f"{AT_LARGEST} {AN_ERROR[view.kind]}"]
    said = lines + calibration_words(points, floors, view.name_of)
    return Section("Calibration", said, [picture], [found], finding=_beyond_chance(points, floors))


def _beyond_chance(points: ConfidencesByPoint, floors: Mapping[Point, Floor]) -> str:
    """How many rows are worse calibrated than chance explains, with the most labels."""
    most = max(point.num_labels for point in points)
    some = {point: seeds for point, seeds in points.items() if point.num_labels == most}
    above = sum(mean_error(seeds) > floors[point].most for point, seeds in some.items())
    of = f"{above} of {counted(len(some), 'row')}" if above else "No row"
    return f"{of} {'is' if above < 2 else 'are'} further from calibrated than chance explains, with {most} labels."
