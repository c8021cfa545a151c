"""The section on calibration: whether models are as often right as they are sure."""

from bench.report.content.parts import Section, Titled
from bench.report.content.wording import AT_LARGEST
from bench.report.figures.calibration import confidences, reliability
from bench.report.tables.calibration import calibration_floor, calibration_table, calibration_words
from bench.report.view import View


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
    return Section("Calibration", lines + calibration_words(points, floors, view.name_of), [picture], [found])
